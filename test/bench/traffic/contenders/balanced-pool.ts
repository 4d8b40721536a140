import { Resolver } from "node:dns/promises";
import { BalancedPool, request } from "undici";
import type { Open } from "../contenders.ts";
import { connections } from "./undici-dns.ts";
import { retry } from "./undici-dns-retry.ts";

/** undici's BalancedPool, whose upstreams follow the records once a second, which is their lifetime. */
export const open: Open = async ({ host, port, dns }) => {
  const resolver = new Resolver();
  resolver.setServers([dns]);
  const pool = new BalancedPool([], connections);
  const follow = async () => {
    const wanted = (await resolver.resolve4(host)).map((address) => `http://${address}:${port}`);
    for (const upstream of wanted) pool.addUpstream(upstream);
    for (const upstream of pool.upstreams) if (!wanted.includes(upstream)) pool.removeUpstream(upstream);
  };
  await follow();
  const timer = setInterval(() => follow().catch(() => {}), 1_000);
  const dispatcher = pool.compose(retry());
  return {
    async call(path) {
      const url = `http://${host}:${port}${path}`;
      const { statusCode, body } = await request(url, { dispatcher, headers: { host: `${host}:${port}` } });
      await body.dump();
      return statusCode;
    },
    async close() {
      clearInterval(timer);
      await pool.destroy();
    },
  };
};
