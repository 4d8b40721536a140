import { writeSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { bodyOf } from "./loopback.ts";

// A task as a process: prints its port, then the target of each request before it works on it, so that whoever started it
// knows what it saw even where it is killed. It answers with what it got. SIGTERM lets it end what it has begun.
const server = createServer(async (request, response) => {
  print(request.url!);
  const body = await bodyOf(request).catch(() => undefined);
  await pause(5);
  response.end(`${request.method} ${body}`);
});

server.listen(Number(process.argv[2]), "127.0.0.1", () => print((server.address() as AddressInfo).port));
process.on("SIGTERM", () => server.close());

function print(line: unknown): void {
  writeSync(1, `${line}\n`);
}
