import { type Store, services } from "./store.ts";

/** Scenario: one thing that happens to the store, and what must come of it. */
export interface Scenario {
  readonly title: string;
  readonly says: string;
  /** The way that each caller must be seen to take. */
  readonly ways: Readonly<Record<string, string>>;
  /** Lets it happen. What it gives back undoes it. */
  begin(stage: Stage): Promise<() => unknown>;
}

/** Where it happens. */
export interface Stage extends Pick<Store, "local" | "fleet"> {
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

const tasks = (way: string) => ({ storefront: way, orders: way, recommendations: way });
/** Those who are not in the mesh: the Lambda function, and the customers on a host of their own. */
const others = (way: string) => ({ renewals: way, customers: way });

const asItShouldBe: Scenario = {
  title: "Everything is there.",
  says: "Tasks call through Service Connect's proxy; the function and the customers, not in the mesh, by DNS.",
  ways: { ...tasks("serviceConnect"), ...others("dns") },
  begin: async () => () => {},
};

const newTasks: Scenario = {
  title: "Every task is replaced.",
  says: "New ones are registered, old ones deregistered; these end later, when nobody remembers them.",
  ways: { ...tasks("serviceConnect"), ...others("dns") },
  async begin(stage) {
    await replaceAll(stage);
    return () => {};
  },
};

const noProxy: Scenario = {
  title: "The proxy is gone.",
  says: "Its names stand in the tasks' hosts files, but nobody listens there: tasks go on by DNS.",
  ways: { ...tasks("dns"), ...others("dns") },
  async begin({ local }) {
    await local.proxy.stop();
    return () => local.proxy.start();
  },
};

const silence: Scenario = {
  title: "DNS is silent and the API throttles.",
  says: "Who is not in the mesh has nobody to ask, and keeps what is known, for up to five minutes.",
  ways: { ...tasks("serviceConnect"), ...others("dns, kept") },
  async begin({ local }) {
    const faults = [local.dns.fault({ drop: true }), local.api.fault({ throttle: true })];
    return () => {
      for (const fault of faults) fault.mend();
    };
  },
};

const onlyApi: Scenario = {
  title: "The proxy is gone and DNS is silent.",
  says: "The Cloud Map API answers again, and is the one way that is left.",
  ways: { ...tasks("cloudMap"), ...others("cloudMap") },
  async begin({ local }) {
    const fault = local.dns.fault({ drop: true });
    await local.proxy.stop();
    return async () => {
      fault.mend();
      await local.proxy.start();
    };
  },
};

const allBack: Scenario = {
  title: "Everything is back.",
  says: "Each caller returns to its best way by itself; what the API said holds for ten seconds.",
  ways: { ...tasks("serviceConnect"), ...others("dns") },
  begin: async () => () => {},
};

export const scenarios: readonly Scenario[] = [asItShouldBe, newTasks, noProxy, silence, onlyApi, allBack];

/** Milliseconds: what the API said is remembered for ten seconds, and used once more while it is asked again. */
const drain = 12_000;

/** A deployment of all services, one after another. */
export async function replaceAll({ fleet, print, signal }: Stage): Promise<void> {
  const portsOf = (service: string) => fleet.tasks(service).map(({ port }) => port);
  for (const service of services) {
    signal.throwIfAborted();
    const before = portsOf(service);
    await fleet.replace(service, drain);
    print(`  ${service}: ports ${portsOf(service).join(" and ")} in place of ${before.join(" and ")}`);
  }
}
