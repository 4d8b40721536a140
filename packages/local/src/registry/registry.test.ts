import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { discover, type HealthFilter } from "./discover.ts";
import type { Service } from "./model.ts";
import { Registry } from "./registry.ts";

/** The registry's rules, for whatever happens to a service. */
type Step = readonly ["register" | "deregister" | "well" | "ill", number];

const steps = fc.array(
  fc.tuple(
    fc.constantFrom<Step[0]>("register", "register", "deregister", "well", "ill"),
    fc.integer({ min: 0, max: 5 }),
  ),
  { maxLength: 40 },
);

function newRegistry(healthCheck = true): { registry: Registry; service: Service } {
  const options = { region: "eu-west-1", account: "111122223333", propagationDelay: 0, healthDelay: 0 };
  const registry = new Registry(options);
  const { namespace } = registry.createNamespace({ name: "shop", type: "HTTP" });
  return {
    registry,
    service: registry.createService({ name: "orders", namespaceId: namespace.id, healthCheck }),
  };
}

/** Does what can be done; deregistering what is not there cannot. */
function take(registry: Registry, { id }: Service, [what, number]: Step): void {
  const instance = `i-${number}`;
  const attributes = {
    AWS_INSTANCE_IPV4: "10.0.0.1",
    PARITY: number % 2 === 0 ? "even" : "odd",
    N: String(number),
  };
  const isThere = registry.service(id).instances.has(instance);
  if (what === "register") registry.register(id, instance, attributes);
  else if (!isThere) return;
  else if (what === "deregister") registry.deregister(id, instance);
  else void registry.setHealth(id, instance, what === "well" ? "HEALTHY" : "UNHEALTHY");
}

function seen(service: Service, health: HealthFilter, more: object = {}): string[] {
  const query = { maxResults: 1_000, must: {}, preferred: {}, health, ...more };
  return discover(service, query)
    .map(({ id }) => id)
    .sort();
}

describe("whatever happens to a service", () => {
  it("its revision grows with every coming and going, and with nothing else", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { registry, service } = newRegistry();
        for (const step of all) {
          const before = registry.service(service.id);
          const [revision, ids] = [before.revision, [...before.instances.keys()].join()];
          take(registry, service, step);
          const after = registry.service(service.id);
          const hasChanged = [...after.instances.keys()].join() !== ids || step[0] === "register";
          expect(after.revision > revision).toBe(hasChanged);
        }
      }),
    );
  });

  it("the health filters fit together", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { registry, service } = newRegistry();
        for (const step of all) take(registry, service, step);
        const [well, ill] = [seen(service, "HEALTHY"), seen(service, "UNHEALTHY")];
        expect([...well, ...ill].sort()).toEqual(seen(service, "ALL"));
        expect(seen(service, "HEALTHY_OR_ELSE_ALL")).toEqual(well.length > 0 ? well : ill);
      }),
    );
  });

  it("what is demanded holds, and what is preferred counts only where something has it", () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom("even", "odd"),
        fc.integer({ min: 0, max: 5 }),
        (all, PARITY, number) => {
          const { registry, service } = newRegistry();
          for (const step of all) take(registry, service, step);
          const demanded = seen(service, "ALL", { must: { PARITY } });
          expect(demanded).toEqual(
            seen(service, "ALL").filter((id) => Number(id.slice(2)) % 2 === (PARITY === "even" ? 0 : 1)),
          );
          const both = seen(service, "ALL", { must: { PARITY, N: String(number) } });
          const preferred = seen(service, "ALL", { must: { PARITY }, preferred: { N: String(number) } });
          expect(preferred).toEqual(both.length > 0 ? both : demanded);
        },
      ),
    );
  });

  it("a frozen view stays as it was", () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const { registry, service } = newRegistry();
        for (const step of before) take(registry, service, step);
        const frozen = registry.freeze().services.get(service.id)!;
        const [ids, revision] = [seen(frozen, "HEALTHY"), frozen.revision];
        for (const step of after) take(registry, service, step);
        expect([seen(frozen, "HEALTHY"), frozen.revision]).toEqual([ids, revision]);
      }),
    );
  });
});

it("an answer has so many instances at most, chosen anew each time", () => {
  const { registry, service } = newRegistry(false);
  for (let number = 0; number < 50; number += 1) take(registry, service, ["register", number]);
  const lists = Array.from({ length: 20 }, () => seen(service, "ALL", { maxResults: 10 }));
  expect(lists.every(({ length }) => length === 10)).toBe(true);
  expect(new Set(lists.map(String)).size).toBeGreaterThan(1);
});
