import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocal } from "@byname/local";
import { bootstrap, LambdaFunction } from "../ec-store/lambda/function.ts";
import { bundle } from "./bundle.ts";

// AWS's side, with one task of a service.
const local = await startLocal({ services: { orders: { dns: { ttl: 1 } } } });
let task = await startTask((_request, response) => response.end('"answered by the first task"'));

// The function as it would be deployed, in a process that is stopped whenever it has answered.
const folder = await mkdtemp(join(tmpdir(), "byname-lambda-"));
const size = await bundle(join(import.meta.dirname, "handler.ts"), join(folder, "handler.mjs"), {
  format: "esm",
  sdk: "inside",
  split: true,
});
console.log(`bundled, with the AWS SDK:            ${kB(size.all)}, of which init reads ${kB(size.init)}`);
const start = (env: Readonly<Record<string, string>>) =>
  fork(bootstrap, {
    env: { ...local.env("lambda"), ...env, PATH: process.env.PATH },
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
const lambda = await LambdaFunction.create("orders-of-a-user", start, { root: folder, timeout: 1_000 });

console.log("the first invocation:                ", await invoke());

await task.stop();
task = await startTask((_request, response) => response.end('"answered by the second task"'));
console.log("the task was replaced in the freeze: ", await invoke());

await task.stop();
task = await startTask(() => {});
console.log("a task that does not answer:         ", await invoke());

await task.stop();
console.log("no task is left:                     ", await invoke());

await lambda.stop();
await local.close();
await rm(folder, { recursive: true });

function kB(bytes: number): string {
  return `${Math.round(bytes / 1_000)} kB`;
}

async function invoke(): Promise<string> {
  return String(await lambda.invoke({ order: 42 }).catch(String));
}

async function startTask(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const instance = await local.register("orders", { port: (server.address() as AddressInfo).port });
  const stop = async () => {
    await instance.deregister();
    server.close();
    server.closeAllConnections();
  };
  return { stop };
}
