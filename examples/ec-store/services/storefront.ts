import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { byname } from "@byname/next";
import next from "next";
import { listen } from "./serve.ts";

/**
 * Storefront: what customers see, which is a Next.js app. It is started as every other service of the store, and answers
 * once it is prepared.
 */
const dir = fileURLToPath(new URL("../storefront", import.meta.url));
const server = listen(
  async (request, response) => (await app).getRequestHandler()(request, response),
  async () => {
    await byname().close();
    await (await app).close();
  },
);
const app = prepare();

/** Next.js calls itself after a server action that redirects, and has to be told where. */
async function prepare() {
  await once(server, "listening");
  const { address, port } = server.address() as AddressInfo;
  const app = next({ dir, hostname: address, port });
  await app.prepare();
  return app;
}
