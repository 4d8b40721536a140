import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClosedError, ConfigError } from "byname";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Loopback, loopback } from "../../../test/support/loopback.ts";
import { byname, fetch, register } from "./registration.ts";

let server: Loopback;

beforeEach(async () => {
  server = await loopback((_request, response) => response.end("answered"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await byname().destroy();
  delete (globalThis as { [key: symbol]: unknown })[Symbol.for("byname.next")];
  await server.close();
});

test("plain fetch knows the services from register on", async () => {
  await expect(globalThis.fetch("http://orders/")).rejects.toThrow(TypeError);
  await register(options());
  expect(await (await globalThis.fetch("http://orders/")).text()).toBe("answered");
});

test("services are looked up before anybody asks", async () => {
  const lookup = vi.fn(() => ({ kind: "notFound", detail: "none" }) as const);
  await register({ services: { orders: {}, users: {} }, sources: [{ name: "own", lookup }] });
  await expect.poll(() => lookup.mock.calls.length).toBe(2);
});

test("called again, or by another copy of the module, register changes nothing", async () => {
  const given = options();
  vi.resetModules();
  const another = await import("./registration.ts");
  expect(another.register).not.toBe(register);
  await Promise.all([register(given), register({ ...given }), another.register(given)]);
  const first = byname();
  await another.register({ ...given });
  expect(another.byname()).toBe(first);
  await globalThis.fetch("http://orders/");
  expect(server.seen).toHaveLength(1);
});

test("options that were changed since are other options", async () => {
  const services: Record<string, object> = { orders: { fixed: `http://127.0.0.1:${server.port}` } };
  const given = { sources: ["fixed" as const], services };
  await register(given);
  const first = byname();
  services.users = { fixed: `http://127.0.0.1:${server.port}` };
  await register(given);
  expect(byname()).not.toBe(first);
  expect(await (await globalThis.fetch("http://users/")).text()).toBe("answered");
});

test("a source or a function of one's own is the same while it is the same object", async () => {
  let lookups = 0;
  const own = {
    name: "own",
    lookup: () => ({ kind: "notFound", detail: `${++lookups}` }) as const,
    seen: [] as string[],
  };
  const scope = () => undefined;
  await register({ ...options(), sources: [own], scope });
  const first = byname();
  own.seen.push("orders");
  await register({ ...options(), sources: [own], scope });
  expect(byname()).toBe(first);
  await register({ ...options(), sources: [own], scope: () => undefined });
  expect(byname()).not.toBe(first);
});

test("with other options these hold, and what is under way by the former ones ends well", async () => {
  const { promise: held, resolve: answer } = Promise.withResolvers<void>();
  await using slow = await loopback(async (_request, response) => {
    await held;
    response.end("by the former");
  });
  await register(options({ port: slow.port }));
  const former = byname();
  const underWay = globalThis.fetch("http://orders/");
  await slow.asked(1);
  await register(options());
  expect(await (await fetch("http://orders/")).text()).toBe("answered");
  expect(await (await globalThis.fetch("http://orders/")).text()).toBe("answered");
  await expect(former.resolve("orders")).rejects.toThrow(ClosedError);
  answer();
  expect(await (await underWay).text()).toBe("by the former");
});

test("wrong options are an error that leaves things as they were", async () => {
  await register(options());
  const before = byname();
  await expect(register({ services: { orders: { port: -1 } } })).rejects.toThrow(ConfigError);
  expect(byname()).toBe(before);
  expect(await (await globalThis.fetch("http://orders/")).text()).toBe("answered");
});

test("without register the catalog of the environment is there, for the exported fetch alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "byname-next-"));
  await writeFile(join(folder, "catalog.json"), JSON.stringify(options()));
  vi.stubEnv("BYNAME_CONFIG", join(folder, "catalog.json"));
  expect(await (await fetch("http://orders/")).text()).toBe("answered");
  await expect(globalThis.fetch("http://orders/")).rejects.toThrow(TypeError);
  const before = byname();
  await register();
  expect(byname()).toBe(before);
  expect(await (await globalThis.fetch("http://orders/")).text()).toBe("answered");
  await rm(folder, { recursive: true });
});

test("a wrong catalog of the environment fails as fetch does", async () => {
  vi.stubEnv("BYNAME_CONFIG", "./missing.json");
  const error = await fetch("http://orders/").catch((error) => error);
  vi.unstubAllEnvs();
  expect(error).toBeInstanceOf(TypeError);
  expect(error.cause).toBeInstanceOf(ConfigError);
});

test("fetch is the one that Next.js has put in place by the time of the call", async () => {
  await register(options());
  const nexts = vi.fn(globalThis.fetch);
  vi.stubGlobal("fetch", nexts);
  const kept = { next: { revalidate: 60, tags: ["orders"] } } as RequestInit;
  await fetch("http://orders/orders/1", kept);
  vi.unstubAllGlobals();
  expect(nexts).toHaveBeenCalledWith("http://orders/orders/1", expect.objectContaining(kept));
});

function options({ port = server.port } = {}) {
  return { sources: ["fixed"], services: { orders: { fixed: `http://127.0.0.1:${port}` } } } as const;
}
