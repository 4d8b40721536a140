import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { trustCertificates } from "../support/tls/certificates.ts";
import { byFetch, byInstall, byRequest, rejection, type Transport } from "../support/transports.ts";
import { calls, type FaultCall, initOf } from "./calls.ts";
import type { Fault, Scene } from "./fault.ts";

/** Table: every fault with every call by every transport. */
export function table(faults: readonly Fault[]): void {
  beforeAll(trustCertificates);
  describe.each(faults.map((fault) => [fault.name, fault] as const))("%s", (_name, fault) => {
    describe.each([byFetch, byRequest, byInstall])("by $name", (transport) => {
      test.each(calls)("$name", (call) => check(fault, call, transport));
    });
  });
}

async function check(fault: Fault, call: FaultCall, transport: Transport): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const scene = await fault.arrange(parts);
  const attempts = countAttempts();
  const before = timesSeen(scene);
  const started = performance.now();
  const [outcome] = await Promise.all([outcomeOf(scene, call, transport), scene.meanwhile?.()]);
  const took = performance.now() - started;
  await scene.byname.destroy();
  // What was sent beside the answer has reached its task by then, and is counted.
  for (let i = 0; i < 5; i++) await turn();
  const reached = timesSeen(scene) - before;
  const { notBefore = 0, ...fate } = (call.isRepeatable ? undefined : fault.unrepeated) ?? fault.fate;
  expect({ ...outcome, reached, attempts: attempts.count }).toEqual(fate);
  expect(took).toBeGreaterThan(notBefore - 2);
}

function timesSeen({ tasks }: Scene): number {
  return tasks.reduce((sum, { seen }) => sum + seen.length, 0);
}

async function outcomeOf({ byname, url = "http://orders/" }: Scene, call: FaultCall, transport: Transport) {
  const send = await transport.of(byname);
  const calling = send(url, initOf(call));
  const failing = transport.failure(calling);
  const reply = await calling.catch(() => undefined);
  if (!reply) return described(await failing);
  failing.catch(() => {});
  const reading = reply.text();
  const text = await reading.catch(() => undefined);
  if (text === undefined) return { sees: "cut", because: codeOf(await rejection(reading)) };
  if (reply.status === 200) expect(text).toBe(`${call.method} ${call.text ?? ""}`);
  return { sees: reply.status };
}

/** What broke a body: fetch wraps it once more. */
function codeOf(error: unknown) {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return cause?.code ?? code;
}

function described(error: unknown) {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return { sees: code, ...(cause?.code ? { because: cause.code } : {}) };
}

/** How many attempts have come to something since this call. */
function countAttempts(): { readonly count: number } {
  const seen = { count: 0 };
  const listen = () => void seen.count++;
  subscribe("byname:attempt", listen);
  onTestFinished(() => void unsubscribe("byname:attempt", listen));
  return seen;
}
