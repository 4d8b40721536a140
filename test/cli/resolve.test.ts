import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { type Local, type LocalOptions, startLocal } from "../../packages/local/src/index.ts";
import { configFile, run, runJson, start } from "./command.ts";

interface Survey {
  readonly service: string;
  readonly source?: string;
  readonly error?: { readonly code: string };
  readonly endpoints: readonly {
    readonly port: number;
    readonly zone?: string;
    readonly health?: string;
    readonly inUse: boolean;
    readonly sources: readonly string[];
  }[];
  readonly sources: readonly { readonly source: string; readonly answer: string; readonly detail: string }[];
}

let local: Local;

afterEach(async () => {
  await local.close();
});

async function account(services: NonNullable<LocalOptions["services"]>): Promise<void> {
  local = await startLocal({ services });
}

const two = [
  { port: 3000, zone: "eu-west-1a" },
  { port: 3001, zone: "eu-west-1b" },
];

async function ownSource() {
  const file = await configFile({});
  const path = join(file.directory, "byname.config.mjs");
  const answer = '{ kind: "endpoints", ttl: 9000, endpoints: [{ address: "127.0.0.1", port: 3000 }] }';
  const source = `{ name: "register", lookup: () => (${answer}) }`;
  await writeFile(path, `export default { sources: [${source}, "fixed"] };`);
  return { path, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
}

describe("resolve", { timeout: 60_000 }, () => {
  it("shows the endpoints with zone and health, and what every source says", async () => {
    await account({ orders: { instances: two, healthCheck: true } });
    const { code, out, error } = await run(["resolve", "orders"], local.env("host"));
    expect([code, error]).toEqual([0, ""]);
    const lines = out.split("\n");
    expect(lines[0]).toMatch(/^orders: 2 endpoints by dns, fresh for \d/);
    expect(out).toMatch(/▸ {2}127\.0\.0\.1:3000 {2}eu-west-1a {2}healthy {2}now {2}dns, cloudMap/);
    expect(out).toMatch(/▸ {2}dns {13}endpoints/);
    expect(out).toMatch(/serviceConnect {2}not mine .* no alias "orders" in/);
    expect(out).toContain("BYNAME_ORDERS_URL");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("says all of it as JSON", async () => {
    await account({ orders: { instances: two } });
    const { code, printed } = await runJson<Survey>(["resolve", "orders"], local.env("host"));
    expect([code, printed.source]).toEqual([0, "dns"]);
    expect(printed.sources.map(({ source, answer }) => [source, answer])).toEqual([
      ["serviceConnect", "notMine"],
      ["dns", "endpoints"],
      ["cloudMap", "endpoints"],
      ["fixed", "notMine"],
    ]);
    expect(printed.endpoints.map(({ port, zone, health }) => [port, zone, health]).sort()).toEqual([
      [3000, "eu-west-1a", "UNKNOWN"],
      [3001, "eu-west-1b", "UNKNOWN"],
    ]);
  });

  it("shows where the sources disagree", async () => {
    await account({ orders: { instances: [two[0]!] } });
    local.dns.fault({ stale: true });
    await local.register("orders", two[1]!);
    const { printed } = await runJson<Survey>(["resolve", "orders"], local.env("host"));
    const seen = printed.endpoints.map(({ port, inUse, sources }) => [port, inUse, sources.join()]);
    expect(seen.sort()).toEqual([
      [3000, true, "dns,cloudMap"],
      [3001, false, "cloudMap"],
    ]);
  });

  it("asks one source only", async () => {
    await account({ orders: { instances: two } });
    const { printed } = await runJson<Survey>(["resolve", "orders", "-s", "cloudMap"], local.env("host"));
    expect([printed.source, printed.sources.map(({ source }) => source)]).toEqual(["cloudMap", ["cloudMap"]]);
    expect(local.dns.requests).toEqual([]);
  });

  it("exits with 1 where there is no endpoint, and says what to do", async () => {
    await account({ orders: {} });
    const { code, out } = await run(["resolve", "orders"], local.env("host"));
    expect([code, out.split("\n")[0]]).toEqual([1, "orders: cannot be resolved (BYNAME_NO_ENDPOINTS)"]);
    expect(out).toContain("The service exists and no instance is registered");
  });

  it("takes the catalog from --config, and the namespace from --namespace before the environment", async () => {
    await account({ "orders-http": { namespace: "shop.local", instances: two } });
    await using file = await configFile({ services: { orders: { discoveryName: "orders-http" } } });
    const args = ["resolve", "orders", "--config", file.path, "--namespace", "shop.local"];
    const { printed } = await runJson<Survey>(args, local.env("host"));
    expect([printed.source, printed.endpoints.length]).toEqual(["dns", 2]);
  });

  it("keeps to the sources and their order that the environment names", async () => {
    await account({ orders: { instances: two } });
    const env = { ...local.env("host"), BYNAME_SOURCES: "cloudMap,dns" };
    const { printed } = await runJson<Survey>(["resolve", "orders"], env);
    expect([printed.source, printed.sources.map(({ source }) => source)]).toEqual([
      "cloudMap",
      ["cloudMap", "dns"],
    ]);
  });

  it("asks sources of the user's own, too", async () => {
    await account({});
    await using file = await ownSource();
    const args = ["resolve", "orders", "--config", file.path];
    const { printed } = await runJson<Survey>(args, local.env("host"));
    expect(printed.sources.map(({ source, answer }) => [source, answer])).toEqual([
      ["register", "endpoints"],
      ["fixed", "notMine"],
    ]);
    const { printed: one } = await runJson<Survey>([...args, "--source", "register"], local.env("host"));
    expect(one.source).toBe("register");
  });

  it("leaves lines whole where the output is not a terminal", async () => {
    await account({ orders: { instances: two } });
    const { out } = await run(["resolve", "orders"], { ...local.env("host"), COLUMNS: undefined });
    expect(out).toMatch(/no fixed address; set `fixed` or BYNAME_ORDERS_URL\n/);
  });

  it.each([
    [{}, false],
    [{ FORCE_COLOR: "1" }, true],
    [{ FORCE_COLOR: "0" }, false],
    [{ NO_COLOR: "1" }, false],
  ])("is coloured with %j: %s", async (colours, isColoured) => {
    await account({ orders: { instances: two } });
    const { out } = await run(["resolve", "orders"], { ...local.env("host"), ...colours });
    expect(out.includes("\x1b[")).toBe(isColoured);
  });

  it("draws no control characters that an attribute brings", async () => {
    const zone = "\x1b[2Jeu-west-1a";
    await account({ orders: { instances: [{ port: 3000, zone }] } });
    const { out } = await run(["resolve", "orders"], local.env("host"));
    expect(out).toContain("\ufffd[2Jeu-west-1a");
    expect(out).not.toContain("\x1b");
  });
});

describe("resolve --watch", { timeout: 60_000 }, () => {
  it("draws at each change, and ends cleanly by Ctrl-C", async () => {
    await account({ orders: { instances: [two[0]!], dns: { ttl: 1 } } });
    const child = start(["resolve", "orders", "--watch", "--json"], local.env("host"));
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const next = async () => (JSON.parse((await lines.next()).value!) as Survey).endpoints.length;
    expect(await next()).toBe(1);
    await local.register("orders", two[1]!);
    expect(await next()).toBe(2);
    const ended = once(child, "exit");
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });

  it("says when each table was drawn, where there is no terminal", async () => {
    await account({ orders: { instances: two } });
    const child = start(["resolve", "orders", "--watch"], local.env("host"));
    const [first] = (await once(child.stdout!, "data")) as [Buffer];
    expect(String(first)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\n/);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
