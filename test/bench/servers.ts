import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** HTTP servers in a process of their own, so that what is measured has a core for itself. */
export interface Servers extends AsyncDisposable {
  readonly ports: readonly number[];
}

export async function startServers(count: number): Promise<Servers> {
  const child = fork(new URL(import.meta.url), ["--serve", String(count)]);
  const [ports] = (await once(child, "message")) as [number[]];
  return {
    ports,
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

if (process.argv[2] === "--serve") {
  const body = JSON.stringify({ id: 42, state: "paid", items: ["a lamp", "a chair"] });
  const head = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const servers = Array.from({ length: Number(process.argv[3]) }, () =>
    createServer((_request, response) => response.writeHead(200, head).end(body)).listen(0, "127.0.0.1"),
  );
  await Promise.all(servers.map((server) => once(server, "listening")));
  process.send!(servers.map((server) => (server.address() as AddressInfo).port));
  process.once("disconnect", () => process.exit(0));
}
