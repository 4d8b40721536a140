import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Local, startLocal } from "@byname/local";
import { createByname } from "byname";
import catalog from "./byname.config.json" with { type: "json" };
import { type Attempt, type Eject, type Env, type OnHappening, startChild } from "./child.ts";
import { Fleet } from "./fleet.ts";
import { bootstrap, LambdaFunction } from "./lambda/function.ts";
import { Traffic } from "./traffic.ts";

/** Store: the AWS side, the services' processes, the function, and the people who order. */
export interface Store {
  readonly local: Local;
  readonly fleet: Fleet;
  readonly renewals: LambdaFunction;
  readonly traffic: Traffic;
  /** Ends everything that was started. */
  close(): Promise<void>;
}

export const services = Object.keys(catalog.services);

/**
 * Starts all of it; done when every service answers.
 * @param envs what a service's environment has besides, by service.
 */
export async function openStore(
  onHappening: OnHappening,
  envs: Readonly<Record<string, Env>> = {},
): Promise<Store> {
  const endings: (() => unknown)[] = [];
  const close = async () => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    return { ...(await open(onHappening, envs, endings)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  onHappening: OnHappening,
  envs: Readonly<Record<string, Env>>,
  endings: (() => unknown)[],
): Promise<Omit<Store, "close">> {
  const data = await mkdtemp(join(tmpdir(), "byname-store-"));
  endings.push(() => rm(data, { recursive: true, force: true }));
  const local = await startLocal(aws());
  endings.push(() => local.close());
  const fleet = new Fleet(local, data, onHappening, envs);
  endings.push(() => fleet.stop());
  const renewals = await LambdaFunction.create("renewals", (env) => {
    const all = { ...local.env("lambda", { service: "renewals" }), ...env };
    return startChild("renewals", bootstrap, all, onHappening).process;
  });
  endings.push(() => renewals.stop());
  await Promise.all(services.map((service) => fleet.start(service)));
  const byname = createByname(catalog, { env: local.env("host") });
  endings.push(() => byname.close());
  const attempted = (message: unknown) => onHappening("customers", { attempt: message as Attempt });
  subscribe("byname:attempt", attempted);
  endings.push(() => unsubscribe("byname:attempt", attempted));
  const ejected = (message: unknown) => onHappening("customers", { eject: message as Eject });
  subscribe("byname:eject", ejected);
  endings.push(() => unsubscribe("byname:eject", ejected));
  const traffic = new Traffic(byname, renewals);
  endings.push(() => traffic.stop());
  return { local, fleet, renewals, traffic };
}

/**
 * The catalog as AWS has it: each service has SRV records, and an alias where callers know a port for one. The records
 * live a second so that one can watch; ten or sixty are usual.
 */
function aws() {
  const entries = Object.entries<{ port?: number }>(catalog.services).map(([name, { port }]) => [
    name,
    { dns: { ttl: 1 }, ...(port !== undefined && { serviceConnect: { port } }) },
  ]);
  return { namespace: catalog.namespace, services: Object.fromEntries(entries) };
}
