import { fileURLToPath } from "node:url";
import { byname } from "@byname/next";
import next from "next";
import { listen } from "./serve.ts";

/** Storefront: what customers see, which is a Next.js app. It is started as every other service of the store. */
const app = next({ dir: fileURLToPath(new URL("../storefront", import.meta.url)) });
await app.prepare();

listen(app.getRequestHandler(), async () => {
  await byname().close();
  await app.close();
});
