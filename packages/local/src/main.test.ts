import { type ChildProcess, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../../test/support/backend.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
let directory: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "byname-local-test-"));
});

afterEach(async () => {
  if (child?.kill("SIGTERM")) await once(child, "exit");
  child = undefined;
  await rm(directory, { recursive: true });
});

async function config(text: string): Promise<string> {
  const path = join(directory, "local.json");
  await writeFile(path, text);
  return path;
}

/** Starts the command and reads its output up to this line. */
async function runUntil(last: RegExp, ...args: string[]): Promise<Record<string, string>> {
  child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  return environmentOf(child, last);
}

async function environmentOf(child: ChildProcess, last: RegExp): Promise<Record<string, string>> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line);
    if (last.test(line)) break;
  }
  const exported = lines.flatMap((line) => {
    const match = /^export (\w+)=(.*)$/.exec(line);
    return match ? [[match[1]!, match[2]!] as const] : [];
  });
  return { ...Object.fromEntries(exported), last: lines.at(-1) ?? "" };
}

/** Runs the command to its end. */
async function runToEnd(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  child = spawn(process.execPath, [main, ...args]);
  let out = "";
  let error = "";
  child.stdout!.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr!.on("data", (chunk) => {
    error += chunk;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, out, error };
}

describe("the command", { timeout: 60_000 }, () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints the environment, stays until %s and tidies up",
    async (signal) => {
      const env = await runUntil(
        /ECS_CONTAINER/,
        "--service",
        "orders=3000,3001",
        "--namespace",
        "shop.local",
      );
      expect(env.BYNAME_NAMESPACE).toBe("shop.local");
      expect(existsSync(env.BYNAME_HOSTS_FILE!)).toBe(true);
      const task = await fetch(`${env.ECS_CONTAINER_METADATA_URI_V4}/task`);
      expect(task.status).toBe(200);
      await task.text();
      child!.kill(signal);
      expect(await once(child!, "exit")).toEqual([0, null]);
      expect(existsSync(env.BYNAME_HOSTS_FILE!)).toBe(false);
    },
  );

  it("takes its options from a file, and shows the aliases", async () => {
    const port = await freePort();
    const path = await config(
      JSON.stringify({ region: "eu-central-1", services: { orders: { serviceConnect: { port } } } }),
    );
    const env = await runUntil(/^# orders/, "--config", path);
    expect(env.AWS_REGION).toBe("eu-central-1");
    expect(env.last).toMatch(new RegExp(`^# orders: 127\\.[\\d.]+:${port}, service orders$`));
  });

  it("obeys the lines on stdin, and goes on when they end", async () => {
    child = spawn(process.execPath, [main, "--service", "orders=3000"]);
    const answers = createInterface({ input: child.stderr! })[Symbol.asyncIterator]();
    const turn = async (line: string) => {
      child!.stdin!.write(`${line}\n`);
      return (await answers.next()).value;
    };
    const env = await environmentOf(child, /ECS_CONTAINER/);
    const resolver = new Resolver({ tries: 1 });
    resolver.setServers([env.BYNAME_DNS_SERVERS!]);
    const ports = async () => (await resolver.resolveSrv("orders.sd.local")).map(({ port }) => port);

    expect(await turn("dns SERVFAIL")).toBe("dns: on, SERVFAIL");
    await expect(ports()).rejects.toMatchObject({ code: "ESERVFAIL" });
    expect(await turn("dns mned")).toMatch(/^byname-local: dns: got "mned"; write one of off, on, mend, /);
    expect(await turn("dns mend")).toBe("dns: on");
    expect(await ports()).toEqual([3000]);
    child.stdin!.end("api off\n");
    expect((await answers.next()).value).toBe("api: off");
    expect(await ports()).toEqual([3000]);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("stays until a signal with every part off and stdin at its end", async () => {
    child = spawn(process.execPath, [main]);
    const env = await environmentOf(child, /ECS_CONTAINER/);
    child.stdin!.end("api off\ndns off\nproxy off\nmetadata off\n");
    for await (const line of createInterface({ input: child.stderr! })) if (line === "metadata: off") break;
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(existsSync(env.BYNAME_HOSTS_FILE!)).toBe(false);
  });

  it("ends with a signal while stdin is open", async () => {
    child = spawn(process.execPath, [main]);
    await environmentOf(child, /ECS_CONTAINER/);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("helps", async () => {
    const { code, out } = await runToEnd("--help");
    expect([code, out]).toEqual([0, expect.stringContaining("--config <file>")]);
  });

  it("refuses what it cannot use in one line and with code 2", async () => {
    const path = await config('{ "port": 1 }');
    const { code, out, error } = await runToEnd("--config", path);
    expect([code, out]).toEqual([2, ""]);
    expect(error).toMatch(/^byname-local: options\.port: got 1; write one of .*\n$/);
  });
});
