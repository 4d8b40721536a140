import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** HTTP servers in a process of their own, so that what is measured has a core for itself. */
export interface Servers extends AsyncDisposable {
  readonly ports: readonly number[];
}

/** @param delay milliseconds that each answer takes, by a timer; 0 where it is sent at once */
export async function startServers(count: number, delay = 0): Promise<Servers> {
  const child = fork(new URL(import.meta.url), ["--serve", String(count), String(delay)]);
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
  const [count, delay] = process.argv.slice(3).map(Number) as [number, number];
  const answer = (response: ServerResponse) => response.writeHead(200, head).end(body);
  const servers = Array.from({ length: count }, () =>
    createServer((_request, response) => {
      if (delay === 0) answer(response);
      else setTimeout(answer, delay, response);
    }).listen(0, "127.0.0.1"),
  );
  await Promise.all(servers.map((server) => once(server, "listening")));
  process.send!(servers.map((server) => (server.address() as AddressInfo).port));
  process.once("disconnect", () => process.exit(0));
}
