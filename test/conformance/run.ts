import { setTimeout as after } from "node:timers/promises";
import { accountOf } from "./account.ts";
import type { Case, Places, Serve } from "./case.ts";
import { startServer, usual } from "./servers.ts";
import { services, type WayName, ways } from "./ways.ts";

/** Run: what one case looked like from both sides. */
export interface Run {
  /** What the program got. */
  readonly ending: unknown;
  /** What came to the servers, in order. */
  readonly seen: readonly unknown[];
}

/** No case takes this long, in milliseconds. */
const limit = 10_000;

/** Does what the case says, by this way, at servers of its own. */
export async function run({ call, serve = usual }: Case, by: WayName): Promise<Run> {
  const sights: Promise<unknown>[] = [];
  const start = (name: string, serve: Serve, address = "127.0.0.1") =>
    startServer({ name, serve, address, places: () => places, seen: sights });
  const orders = await start("orders", serve);
  const users = await start("users", usual);
  const outside = await start("outside", usual, "127.0.0.9");
  const gone = await start("gone", usual);
  await gone.close();
  const ports = { orders: orders.port, users: users.port, gone: gone.port };
  const way = await ways[by](ports);
  const origins = services.map((service) => [service, `http://${way.host(service)}`]);
  const places: Places = {
    ...Object.fromEntries(origins),
    outside: `http://127.0.0.9:${outside.port}`,
    ...words(),
  };
  const ending = await withinLimit(accountOf(() => call(way.fetch, places)));
  await way[Symbol.asyncDispose]();
  for (const server of [orders, users, outside]) await server.close();
  return placeless({ ending, seen: await Promise.all(sights) }, { ...ports, outside: outside.port });
}

/** The same for all ways: hosts by one name, and forms without the random part of their boundaries. */
function placeless(account: Run, ports: Readonly<Record<string, number>>): Run {
  let text = JSON.stringify(account);
  for (const [name, port] of Object.entries(ports))
    text = text.replaceAll(new RegExp(`127\\.0\\.0\\.[19]:${port}\\b`, "g"), name);
  return JSON.parse(text.replaceAll(/(formdata-\w+?-)\d+/g, "$1…"));
}

async function withinLimit(ending: Promise<unknown>): Promise<unknown> {
  const over = new AbortController();
  const late = after(limit, `no end within ${limit} ms`, { signal: over.signal });
  return Promise.race([ending, late.catch(() => {})]).finally(() => over.abort());
}

function words(): Pick<Places, "tell" | "told"> {
  const known = new Map<string, PromiseWithResolvers<void>>();
  const of = (word: string) => {
    if (!known.has(word)) known.set(word, Promise.withResolvers());
    return known.get(word)!;
  };
  return { tell: (word) => of(word).resolve(), told: (word) => of(word).promise };
}
