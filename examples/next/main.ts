import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { startLocal } from "@byname/local";

// AWS's side on this machine, with two services.
const local = await startLocal({ services: { orders: { dns: { ttl: 1 } }, users: {} } });
const placed = [{ id: 1, product: "lamp" }];
let asked = 0;
await local.serve("users", '{ "name": "Ada" }');
const task = await local.serve("orders", orders("the first task"));

// The app as it would be deployed; where the services are it learns from its environment. Next.js keeps what it has
// fetched from one run to the next.
await rm(join(import.meta.dirname, ".next/cache/fetch-cache"), { recursive: true, force: true });
await ended(next("build"), 0);
const server = next("start", "--port", "0", "--hostname", "127.0.0.1");
const url = await addressOf(server);

console.log("the page:            ", await page());
console.log("once more:           ", await page(), `(orders were asked for ${times(asked)})`);
await order("mug");
console.log("after an order:      ", await page());
console.log("the route handler:   ", await answeredBy());
await local.serve("orders", orders("the second task"));
await task.deregister();
await task.stop();
console.log("the task has moved:  ", await answeredBy());

if (process.argv.includes("--keep")) {
  console.log(`\nOpen ${url}, and end it with Ctrl-C.`);
  await once(process, "SIGINT");
}
server.kill();
await ended(server);
await local.close();

function orders(task: string) {
  return async (request: IncomingMessage, response: ServerResponse) => {
    const [, , id] = request.url!.split("/");
    if (request.method === "POST") {
      placed.push({ id: placed.length + 1, ...((await json(request)) as { product: string }) });
    } else if (!id) asked += 1;
    const answer = id ? { ...placed[Number(id) - 1], task } : placed;
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  };
}

/** What one sees of the page. */
async function page(): Promise<string> {
  const html = await (await fetch(url)).text();
  const main = /<main>(.*)<form/s.exec(html)![1]!;
  return main
    .replace(/<!--.*?-->/g, "")
    .replaceAll(/(<[^>]*>)+/g, " ")
    .trim();
}

/** Sends the page's form, as a browser without JavaScript does. */
async function order(product: string): Promise<void> {
  const [, action] = /name="(\$ACTION_ID_\w+)"/.exec(await (await fetch(url)).text())!;
  const body = new FormData();
  body.set(action!, "");
  body.set("product", product);
  await fetch(url, { method: "POST", headers: { origin: url }, body });
}

async function answeredBy(): Promise<string> {
  const response = await fetch(`${url}/orders/1`);
  return ((await response.json()) as { task: string }).task;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** A command of Next's. */
function next(...args: string[]): ChildProcess {
  const command = createRequire(import.meta.url).resolve("next/dist/bin/next");
  return spawn(process.execPath, [command, ...args], {
    cwd: import.meta.dirname,
    env: { ...process.env, ...local.env("host"), NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function addressOf(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stdout! })) {
    const address = /Local: +(\S+)/.exec(line)?.[1];
    if (address) return address;
  }
  throw new Error("Next.js does not listen");
}

async function ended(command: ChildProcess, expected?: number): Promise<void> {
  command.stdout!.resume();
  const [code] = await once(command, "close");
  if (expected !== undefined && code !== expected) throw new Error(`Next.js ended with ${code}`);
}
