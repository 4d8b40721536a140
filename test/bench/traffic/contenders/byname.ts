import { type BynameOptions, createByname } from "byname";
import type { Contender, Open } from "../contenders.ts";
import type { Where } from "../fleet.ts";

/** byname as it comes, by its fast way. */
export const open: Open = (where) => byRequest(where, {});

export function byRequest(where: Where, options: BynameOptions): Contender {
  const byname = createByname({ ...toZone(where), ...options });
  return {
    async call(path) {
      const { statusCode, body } = await byname.request(`http://orders${path}`);
      await body.dump();
      return statusCode;
    },
    close: () => byname.destroy(),
  };
}

export function toZone({ dns, port }: Where): BynameOptions {
  return {
    namespace: "sd.local",
    services: { orders: { port } },
    sources: ["dns"],
    dns: { servers: [dns] },
    allow: ["127.0.0.0/8"],
  };
}
