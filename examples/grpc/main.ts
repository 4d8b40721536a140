import { once } from "node:events";
import { registerByname } from "@byname/grpc";
import { startLocal } from "@byname/local";
import { createByname } from "byname";
import { type Order, ordersAt, startTask } from "./orders.ts";

// AWS's side on this machine, with a first task of the service. Its DNS records live for a second.
const first = await startTask("the first");
const local = await startLocal({
  services: { orders: { dns: { ttl: 1 }, serviceConnect: { port: 50051, protocol: "grpc" } } },
});
const registered = await local.register("orders", { port: first.port });

// Outside the mesh: Cloud Map's tasks, by DNS.
const outside = createByname({ services: { orders: {} } }, { env: local.env("lambda") });
registerByname(outside);
const orders = ordersAt("byname:///orders");
console.log("one task:                    ", await tasks(1));

const told: Order[] = [];
const stream = orders.follow("42").on("data", (order: Order) => told.push(order));
await once(stream, "data");

const second = await startTask("the second");
await local.register("orders", { port: second.port });
console.log("another one has come:        ", await tasks(2));

await registered.deregister();
console.log("the first one is leaving:    ", await tasks(1));

first.change("delivered");
await once(stream, "end");
console.log("its stream goes on:          ", told.map(({ state, task }) => `${state} (${task})`).join(", "));

// The same target in a task: Service Connect's proxy.
const inside = createByname({ services: { orders: { port: 50051 } } }, { env: local.env("ecs") });
registerByname(inside);
const proxied = ordersAt("byname:///orders");
const { task } = await proxied.get("42");
console.log("by Service Connect:          ", `${task}, by ${(await inside.resolve("orders")).source}`);

const users = ordersAt("byname:///users");
console.log("a service that nobody knows: ", String(await users.get("42").catch((error) => error)));

for (const client of [orders, proxied, users]) client.close();
for (const server of [first, second]) server.stop();
await Promise.all([outside.close(), inside.close()]);
await local.close();

/** Asks until so many tasks answer in turn. */
async function tasks(count: number): Promise<string> {
  for (;;) {
    const answers = new Set<string>();
    for (let i = 0; i < count * 4; i++) answers.add((await orders.get("42")).task);
    if (answers.size === count) return [...answers].sort().join(", ");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
