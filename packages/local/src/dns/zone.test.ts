import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordType, RoutingPolicy } from "../registry/model.ts";
import { Registry } from "../registry/registry.ts";
import { lookUp, type ZoneRecord } from "./zone.ts";

/** The zone's rules, for whatever is registered. */
interface Task {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly isHealthy: boolean;
}

const task: fc.Arbitrary<Task> = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{32}$/),
  address: fc.ipV4(),
  port: fc.integer({ min: 1, max: 65_535 }),
  isHealthy: fc.boolean(),
});
const tasks = fc.uniqueArray(task, { maxLength: 20, selector: ({ id }) => id });
const routing = fc.constantFrom<RoutingPolicy>("MULTIVALUE", "WEIGHTED");
const question = "orders.sd.local";

function registryWith(all: readonly Task[], type: RecordType, policy: RoutingPolicy): Registry {
  const options = { region: "eu-west-1", account: "111122223333", propagationDelay: 0, healthDelay: 0 };
  const registry = new Registry(options);
  const { namespace } = registry.createNamespace({ name: "sd.local", type: "DNS_PRIVATE" });
  const dns = { routing: policy, records: [{ type, ttl: 10 }] };
  const { id } = registry.createService({
    name: "orders",
    namespaceId: namespace.id,
    healthCheck: true,
    dns,
  });
  for (const one of all) {
    registry.register(id, one.id, {
      AWS_INSTANCE_IPV4: one.address,
      AWS_INSTANCE_PORT: String(one.port),
      AWS_INIT_HEALTH_STATUS: one.isHealthy ? "HEALTHY" : "UNHEALTHY",
    });
  }
  return registry;
}

function recordsOf(registry: Registry, name: string, type: string): readonly ZoneRecord[] {
  const answer = lookUp(registry.view, name, type);
  return answer.kind === "records" ? answer.records : [];
}

/** Those that may be shown: the healthy ones, or all where there are none. */
function fit(all: readonly Task[]): readonly Task[] {
  const healthy = all.filter(({ isHealthy }) => isHealthy);
  return healthy.length > 0 ? healthy : all;
}

describe("for whatever is registered", () => {
  it("an SRV answer shows one task, or up to eight, of those that may be shown, and none twice", () => {
    fc.assert(
      fc.property(tasks, routing, (all, policy) => {
        const shown = recordsOf(registryWith(all, "SRV", policy), question, "SRV");
        const known = fit(all).map(({ id, port }) => `${id}.${question}:${port}`);
        const targets = shown.map((record) => record.type === "SRV" && `${record.target}:${record.port}`);
        expect(known).toEqual(expect.arrayContaining(targets));
        expect(new Set(targets).size).toBe(shown.length);
        expect(shown).toHaveLength(Math.min(policy === "WEIGHTED" ? 1 : 8, known.length));
      }),
    );
  });

  it("every SRV target has its task's address", () => {
    fc.assert(
      fc.property(tasks, (all) => {
        const registry = registryWith(all, "SRV", "MULTIVALUE");
        for (const record of recordsOf(registry, question, "SRV")) {
          const target = record.type === "SRV" ? record.target : "";
          const { address } = all.find(({ id }) => target.startsWith(id))!;
          expect(recordsOf(registry, target, "A")).toEqual([{ name: target, ttl: 10, type: "A", address }]);
        }
      }),
    );
  });

  it("a name is there exactly as long as a task is", () => {
    fc.assert(
      fc.property(tasks, fc.constantFrom("A", "AAAA", "SRV", "TXT"), (all, type) => {
        const { kind } = lookUp(registryWith(all, "A", "MULTIVALUE").view, question, type);
        expect(kind).toBe(all.length === 0 ? "noName" : type === "A" ? "records" : "noData");
      }),
    );
  });

  it("case makes no difference, and the answer repeats the question as it was written", () => {
    fc.assert(
      fc.property(tasks, fc.mixedCase(fc.constant(question)), (all, written) => {
        const registry = registryWith(all, "A", "MULTIVALUE");
        const shown = recordsOf(registry, written, "A");
        expect(shown).toHaveLength(recordsOf(registry, question, "A").length);
        expect(shown.every(({ name }) => name === written)).toBe(true);
      }),
    );
  });

  it("a name outside of the zone is never there", () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        const registry = registryWith([], "A", "MULTIVALUE");
        expect(lookUp(registry.view, name, "A").kind).toBe("noName");
        expect(lookUp(registry.view, `${name}sd.local`, "A").kind).toBe("noName");
      }),
    );
  });
});
