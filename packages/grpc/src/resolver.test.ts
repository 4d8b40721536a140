import { experimental } from "@grpc/grpc-js";
import { type Answer, type Byname, createByname } from "byname";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeClock, settled } from "../../../test/support/fake-clock.ts";
import { empty, endpoints, FakeSource, notFound } from "../../../test/support/fake-source.ts";
import { Resolver } from "./resolver.ts";

let clock: FakeClock;
let source: FakeSource;
let byname: Byname;
let told: string[];
let resolver: Resolver;
let grown: () => void;

beforeEach(() => {
  clock = new FakeClock();
  source = new FakeSource("fake");
  byname = createByname({ sources: [source] }, { clock, env: {}, random: () => 0 });
  told = [];
  resolver = resolverBy(byname);
});
afterEach(async () => {
  resolver.destroy();
  await byname.destroy();
});

function resolverBy(instance: Pick<Byname, "watch" | "doubt">): Resolver {
  return new Resolver({
    byname: instance,
    service: "orders",
    serviceConfig: null,
    grpc: experimental,
    listener: (list) => {
      told.push(list.ok ? list.value.map(experimental.endpointToString).join(" ") : list.error.details);
      grown?.();
      return true;
    },
  });
}

/** Done when the balancer was told something the first time. */
const first = () =>
  new Promise<void>((resolve) => {
    grown = resolve;
  });

async function begin(answer: Answer): Promise<void> {
  source.always = answer;
  const beginning = first();
  resolver.updateResolution();
  await beginning;
}

async function renew(answer: Answer): Promise<void> {
  source.always = answer;
  await settled();
  await clock.advance(1_000);
  await settled();
}

test("tells the endpoints, and each change of them", async () => {
  await begin(endpoints(1_000, "10.0.0.1"));
  await renew(endpoints(1_000, "10.0.0.1", "fd00::2"));
  expect(told).toEqual(["[10.0.0.1:8080]", "[10.0.0.1:8080] [[fd00::2]:8080]"]);
});

test("says nothing where only their order, or what grpc-js cannot use, has changed", async () => {
  await begin(endpoints(1_000, "10.0.0.1", "10.0.0.2"));
  const zoned = ["10.0.0.2", "10.0.0.1"].map((address) => ({ address, port: 8080, zone: "eu-west-1b" }));
  await renew(endpoints(1_000, ...zoned));
  expect(source.asked).toBe(2);
  expect(told).toHaveLength(1);
});

test("has byname look again when it is asked, once a second at most, and says nothing where nothing is new", async () => {
  await begin(endpoints(1_000, "10.0.0.1"));
  for (let i = 0; i < 10; i++) resolver.updateResolution();
  await settled();
  expect(source.asked).toBe(2);
  expect(told).toHaveLength(1);
  expect(clock.pending).toBe(1);
});

test("takes back what it told of a service that is gone, and then says why", async () => {
  await begin(endpoints(1_000, "10.0.0.1"));
  await renew(empty);
  expect(told).toEqual(["[10.0.0.1:8080]", "", expect.stringContaining('no instance of "orders"')]);
});

test("has nothing to take back of a service that was never there", async () => {
  await begin(notFound);
  expect(told).toEqual([expect.stringContaining('no source knows "orders"')]);
});

test("tells nobody during a call, nor after destroy", async () => {
  source.always = endpoints(1_000, "10.0.0.1");
  resolver.updateResolution();
  expect(told).toEqual([]);
  resolver.destroy();
  await byname.resolve("orders");
  await settled();
  expect(told).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("what is on its way already is not told after destroy", async () => {
  const { promise: found, resolve: find } = Promise.withResolvers<void>();
  const parting = resolverBy({
    async *watch(service) {
      await found;
      yield { service, source: "fake", stale: false, expiresAt: 0, endpoints: [] };
    },
    doubt() {},
  });
  parting.updateResolution();
  find();
  parting.destroy();
  await settled();
  expect(told).toEqual([]);
});

test("may be used again after destroy, and then tells all", async () => {
  await begin(endpoints(60_000, "10.0.0.1"));
  resolver.destroy();
  await begin(endpoints(60_000, "10.0.0.1"));
  expect(told).toEqual(["[10.0.0.1:8080]", "[10.0.0.1:8080]"]);
  expect(source.asked).toBe(1);
});
