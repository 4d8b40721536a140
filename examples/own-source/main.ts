import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createByname } from "byname";
import { fileSource } from "./file-source.ts";

// Two tasks of a service, and a file that knows the first.
const tasks = await Promise.all(["one", "two"].map(startTask));
const folder = await mkdtemp(join(tmpdir(), "byname-own-source-"));
const file = join(folder, "addresses.json");
await writeFile(file, JSON.stringify({ orders: [tasks[0]!.address] }));

const byname = createByname({ sources: [fileSource(file), "fixed"], services: { orders: {} } });
console.log("the file knows the first task: ", await ask());

await writeFile(file, JSON.stringify({ orders: [tasks[1]!.address] }));
for await (const state of byname.watch("orders")) {
  if (state.endpoints.some(({ port }) => tasks[1]!.address.endsWith(`:${port}`))) break;
}
console.log("the file knows the second task:", await ask());

await rm(file);
console.log("the file is gone:              ", await ask(), "(the last good answer)");
const error = await byname.resolve("users").catch((cause: Error) => cause);
console.log("a service that nobody knows:   ", String(error));

await byname.close();
for (const { server } of tasks) server.close();
await rm(folder, { recursive: true });

async function ask(): Promise<string> {
  const response = await byname.fetch("http://orders/");
  return response.text();
}

async function startTask(name: string) {
  const server = createServer((_request, response) => response.end(`answered by task ${name}`));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}
