import { createByname } from "byname";
// Not undici's index: loading that changes what the process's own fetch runs on.
import request from "undici/lib/api/api-request.js";
import Pool from "undici/lib/dispatcher/pool.js";
import { ownPart } from "./own-part.ts";
import { startServers } from "./servers.ts";
import { compare, table } from "./slices.ts";

/** What byname costs per request beside what it stands on, and what a cached look at the endpoints costs. */
export async function overhead(): Promise<void> {
  // Answers that come at once show what there is to show: then nothing but this process limits the rate.
  await beside({ endpoints: 1, delay: 0 });
  await beside({ endpoints: 10, delay: 0 });
  await beside({ endpoints: 10, delay: 10 });
  await ownPart();
  await cached();
}

async function beside({ endpoints, delay }: { endpoints: number; delay: number }): Promise<void> {
  await using servers = await startServers(endpoints, delay);
  const fixed = servers.ports.map((port) => `http://127.0.0.1:${port}`);
  await using byname = createByname({ sources: ["fixed"], services: { orders: { fixed } } });
  await byname.prefetch();
  for (const inFlight of [1, 50]) {
    const of = `${endpoints} endpoint${endpoints > 1 ? "s" : ""}`;
    const title = `${of} answering ${delay > 0 ? `after ${delay} ms` : "at once"}, ${inFlight} in flight`;
    await besidePool(title, fixed, byname, inFlight);
    await besideFetch(title, fixed, byname, inFlight);
  }
}

type Byname = ReturnType<typeof createByname>;

async function besidePool(
  title: string,
  fixed: readonly string[],
  byname: Byname,
  inFlight: number,
): Promise<void> {
  const pools = fixed.map((origin) => new Pool(origin));
  let turn = 0;
  const raw = async () => {
    const pool = pools[turn++ % pools.length]!;
    const { body } = await request.call(pool, { path: "/v1/orders/42", method: "GET" });
    await body.dump();
  };
  const figures = await compare(
    [
      { name: "undici Pool", run: raw },
      { name: "undici Pool again (control)", run: raw },
      {
        name: "byname.request",
        async run() {
          const { body } = await byname.request("http://orders/v1/orders/42");
          await body.dump();
        },
      },
    ],
    { inFlight },
  );
  console.log(table(`beside a raw undici pool: ${title}`, figures, true));
  await Promise.all(pools.map((pool) => pool.close()));
}

async function besideFetch(
  title: string,
  fixed: readonly string[],
  byname: Byname,
  inFlight: number,
): Promise<void> {
  let turn = 0;
  const raw = async () => {
    const response = await fetch(`${fixed[turn++ % fixed.length]}/v1/orders/42`);
    await response.arrayBuffer();
  };
  const figures = await compare(
    [
      { name: "fetch", run: raw },
      { name: "fetch again (control)", run: raw },
      {
        name: "byname.fetch",
        async run() {
          const response = await byname.fetch("http://orders/v1/orders/42");
          await response.arrayBuffer();
        },
      },
    ],
    { inFlight },
  );
  console.log(table(`beside plain fetch: ${title}`, figures, true));
}

/** How long `resolve` takes for a service that is known; what requests do, which need no promise, is less. */
async function cached(): Promise<void> {
  await using byname = createByname({
    sources: ["fixed"],
    services: { orders: { fixed: "http://127.0.0.1:1" } },
  });
  await byname.prefetch();
  const figures = await compare(
    [
      { name: "an async function that returns", run: async () => undefined },
      { name: "the same again (control)", run: async () => undefined },
      { name: "byname.resolve, cached", run: () => byname.resolve("orders") },
    ],
    { inFlight: 1, rounds: 12, sliceMs: 100 },
  );
  console.log(table("cached resolve", figures));
}
