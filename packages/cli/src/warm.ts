import { createByname } from "byname";
import { once } from "./once.ts";

/**
 * Warms byname up: loads what it loads on first use, so that loading is not taken for a part of what is measured.
 * Without a namespace no source has anything to ask, so no packet is sent.
 */
export const warm = once(async () => {
  const byname = createByname({ services: { warm: {} }, sources: ["dns", "cloudMap"] }, { env: {} });
  await Promise.all([
    byname.request("http://warm/").catch(() => {}),
    import("@aws-sdk/client-servicediscovery"),
  ]);
  await byname.destroy();
});
