import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Service } from "../registry/model.ts";
import { Balancer } from "./balancer.ts";
import { Outliers, outlierRules } from "./outliers.ts";

function serviceWith(count: number): Service {
  const instances = Array.from({ length: count }, (_, at) => ({
    id: `task-${at}`,
    attributes: { AWS_INSTANCE_IPV4: `10.0.0.${at}`, AWS_INSTANCE_PORT: "80" },
    health: "UNKNOWN" as const,
  }));
  return {
    ...{ id: "srv-1", arn: "", name: "orders", namespaceId: "ns-1", healthCheck: false },
    ...{ createdAt: 0, revision: 1 },
    instances: new Map(instances.map((instance) => [instance.id, instance])),
  };
}

const newBalancer = () => new Balancer(new Outliers(() => 0));

describe("the next task", () => {
  it("is one that was not tried, as long as there is one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.nat({ max: 20 }),
        fc.nat({ max: 5 }),
        (count, turns, tries) => {
          const service = serviceWith(count);
          const balancer = newBalancer();
          for (let turn = 0; turn < turns; turn += 1) balancer.next(service, new Set());
          const tried = new Set(Array.from({ length: tries }, (_, at) => `10.0.0.${at}:80`));
          const { host } = balancer.next(service, tried)!;
          expect(tried.has(host)).toBe(tries >= count);
        },
      ),
    );
  });

  it("is each in turn", () => {
    const service = serviceWith(3);
    const balancer = newBalancer();
    const ids = Array.from({ length: 6 }, () => balancer.next(service, new Set())!.id);
    expect(ids).toEqual(["task-0", "task-1", "task-2", "task-0", "task-1", "task-2"]);
  });

  it("is none that is left out, unless all are", () => {
    const service = serviceWith(2);
    const balancer = newBalancer();
    const failOften = (id: string) => {
      for (let failed = 0; failed < outlierRules.failures; failed += 1) {
        const upstream = [1, 2].map(() => balancer.next(service, new Set())!).find((one) => one.id === id);
        if (upstream) balancer.failed(upstream);
      }
    };
    const ids = () => new Set(Array.from({ length: 6 }, () => balancer.next(service, new Set())!.id));
    failOften("task-0");
    expect(ids()).toEqual(new Set(["task-1"]));
    failOften("task-1");
    expect(ids()).toEqual(new Set(["task-0", "task-1"]));
  });

  it("is none where nothing is registered, or only what has no port", () => {
    expect(newBalancer().next(serviceWith(0), new Set())).toBeUndefined();
    const service = serviceWith(1);
    const bare = { id: "bare", attributes: { AWS_INSTANCE_IPV4: "10.0.0.1" }, health: "UNKNOWN" as const };
    const other = { ...service, instances: new Map([["bare", bare]]) };
    expect(newBalancer().next(other, new Set())).toBeUndefined();
  });
});
