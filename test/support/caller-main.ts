import { createInterface } from "node:readline";
import { createByname } from "../../src/index.ts";
import { calls, type FaultCall, initOf } from "../faults/calls.ts";
import { byFetch, byInstall, byRequest } from "./transports.ts";

// A caller as a process, which can be stopped: for each line that it is sent it makes one call of every kind, by the transport
// that it was started with, and prints what became of them as JSON.
const byname = createByname({ services: { orders: {} } });
const transport = [byFetch, byRequest, byInstall].find(({ name }) => name === process.argv[2])!;
const send = await transport.of(byname);
process.stdout.write("ready\n");

for await (const _line of createInterface(process.stdin)) {
  const started = performance.now();
  const outcomes = await Promise.all(calls.map(outcome));
  process.stdout.write(`${JSON.stringify({ outcomes, ms: performance.now() - started })}\n`);
}

async function outcome(call: FaultCall): Promise<string> {
  try {
    return await (await send("http://orders/", initOf(call))).text();
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}
