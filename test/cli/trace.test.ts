import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type Local, type LocalOptions, startLocal } from "../../packages/local/src/index.ts";
import { startBackend, textOf } from "../support/backend.ts";
import { deafPort, loopback } from "../support/loopback.ts";
import { configFile, run, runJson, start } from "./command.ts";

interface Span {
  readonly kind: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly outcome?: string;
  readonly isFailed?: boolean;
}

interface Trace {
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  readonly size?: number;
  readonly ms: number;
  readonly error?: { readonly code: string; readonly hint: string };
  readonly spans: readonly Span[];
  readonly moments: readonly { readonly text: string }[];
}

let local: Local;

afterEach(async () => {
  await local.close();
});

async function account(services: NonNullable<LocalOptions["services"]>): Promise<void> {
  local = await startLocal({ services });
}

function kinds({ spans }: Trace): string[] {
  return spans.map(({ kind }) => kind);
}

describe("trace", { timeout: 60_000 }, () => {
  it("draws resolution, questions of DNS, connecting, first byte and body, each at its place", async () => {
    await using task = await startBackend("hello");
    await account({ orders: { instances: [{ port: task.port }] } });
    const { code, out } = await run(["trace", "http://orders/v1/orders/42?token=secret"], local.env("host"));
    expect(code).toBe(0);
    expect(out).not.toContain("secret");
    const [head, ...rows] = out.trimEnd().split("\n");
    expect(head).toMatch(/^GET http:\/\/orders\/v1\/orders\/42 {2}200, 5 B in \d/);
    expect(
      rows.map((row) =>
        row
          .slice(0, 44)
          .replace(/[ █▏]+$/, "")
          .replace(/\w{20,}.*/, "…"),
      ),
    ).toEqual([
      "  resolve orders: dns, 1 to pick from",
      "    SRV orders.sd.local",
      "    A …",
      expect.stringContaining(`  1. GET 127.0.0.1:${task.port} by dns: 2`),
      "    connect",
      "    first byte",
      "    body",
    ]);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(80);
    expect(task.requests[0]!.url).toBe("/v1/orders/42?token=secret");
  });

  it("keeps the order of time", async () => {
    await using task = await startBackend("hello");
    await account({ orders: { instances: [{ port: task.port }] } });
    const { printed } = await runJson<Trace>(["trace", "http://orders/"], local.env("host"));
    const span = (kind: string) => printed.spans.find((one) => one.kind === kind)!;
    const [resolve, connect, wait, body] = ["resolve", "connect", "wait", "body"].map(span);
    expect(resolve!.end).toBeLessThanOrEqual(connect!.start);
    expect(connect!.end).toBeLessThanOrEqual(wait!.start);
    expect(wait!.end).toBeLessThanOrEqual(body!.end);
    expect(body!.end).toBeLessThanOrEqual(printed.ms);
  });

  it("shows the retry on another endpoint", async () => {
    await using task = await startBackend((request, response) => {
      response.statusCode = task.requests.length === 1 ? 503 : 200;
      response.end(request.method);
    });
    const instances = [{ port: task.port }, { port: task.port, address: "127.0.0.1", id: "other" }];
    await account({ orders: { instances } });
    const { code, printed } = await runJson<Trace>(["trace", "http://orders/"], local.env("host"));
    expect([code, printed.status]).toEqual([0, 200]);
    const attempts = printed.spans.filter(({ kind }) => kind === "attempt");
    expect(attempts.map(({ name, outcome, isFailed }) => [name[0], outcome, isFailed ?? false])).toEqual([
      ["1", "503", true],
      ["2", "200", false],
    ]);
  });

  it("shows the endpoint that refuses, and the error at the end", async () => {
    await account({ orders: { instances: [{ port: await deafPort() }] } });
    const { code, out } = await run(["trace", "http://orders/"], local.env("host"));
    expect([code, out.split("\n")[0]]).toEqual([1, expect.stringMatching(/ {2}BYNAME_REQUEST after /)]);
    expect(out).toContain("connect: ECONNREFUSED");
    expect(out).toContain("dns is left for the next source");
    expect(out).toContain("byname doctor orders tries each of its endpoints");
  });

  it("shows what each source said where there is no endpoint", async () => {
    await account({});
    const { code, out } = await run(["trace", "http://orders/"], local.env("host"));
    expect([code, out.split("\n")[0]]).toEqual([1, expect.stringContaining("BYNAME_SERVICE_NOT_FOUND")]);
    expect(out).toContain("dns: SRV orders.sd.local: NXDOMAIN");
  });

  it("tells TCP's part of a connection from TLS's", async () => {
    await using server = await loopback((_request, response) => response.end("hello"), {
      certificate: "orders",
    });
    await account({ orders: { instances: [{ port: server.port }] } });
    const NODE_EXTRA_CA_CERTS = fileURLToPath(new URL("../support/tls/orders.pem", import.meta.url));
    const env = { ...local.env("host"), NODE_EXTRA_CA_CERTS };
    const { code, printed } = await runJson<Trace>(["trace", "https://orders/"], env);
    expect([code, printed.status]).toEqual([0, 200]);
    expect(kinds(printed).filter((kind) => kind !== "question")).toEqual([
      "resolve",
      "attempt",
      "tcp",
      "tls",
      "wait",
      "body",
    ]);
  });

  it("draws how far it came when it is interrupted", async () => {
    const came = Promise.withResolvers<void>();
    await using task = await startBackend(() => came.resolve());
    await account({ orders: { instances: [{ port: task.port }] } });
    const child = start(["trace", "http://orders/", "--json"], local.env("host"));
    const [out] = await Promise.all([
      textOf(child.stdout as IncomingMessage),
      came.promise.then(() => child.kill("SIGINT")),
    ]);
    const { error, spans } = JSON.parse(out) as Trace;
    expect(error!.code).toBe("AbortError");
    expect(spans.at(-1)).toMatchObject({ kind: "wait", outcome: "none came", isFailed: true });
    expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(1);
  });

  it("goes through Service Connect's proxy", async () => {
    await using task = await startBackend("hello");
    await account({ orders: { serviceConnect: { port: 8080 }, instances: [{ port: task.port }] } });
    await using file = await configFile({ services: { orders: { port: 8080 } } });
    const args = ["trace", "http://orders/", "--config", file.path];
    const { printed } = await runJson<Trace>(args, local.env("ecs"));
    expect(printed.spans.find(({ kind }) => kind === "attempt")!.name).toMatch(/by serviceConnect$/);
  });

  it("sends a method, headers and data", async () => {
    let sent = "";
    await using task = await startBackend(async (request, response) => {
      sent = `${request.method} ${request.headers["x-tenant"]} ${await textOf(request)}`;
      response.end();
    });
    await account({ orders: { instances: [{ port: task.port }] } });
    await run(["trace", "orders/v1", "-X", "put", "-H", "x-tenant: acme", "-d", "{}"], local.env("host"));
    expect(sent).toBe("PUT acme {}");
    await run(["trace", "http://orders/v1", "-d", "x=1"], local.env("host"));
    expect(sent).toBe("POST undefined x=1");
  });

  it("sends a header as often as it is given", async () => {
    const sent: string[] = [];
    await using task = await startBackend((request, response) => {
      sent.push(...(request.headersDistinct["x-tag"] ?? []));
      response.end();
    });
    await account({ orders: { instances: [{ port: task.port }] } });
    const { code } = await run(
      ["trace", "http://orders/", "-H", "x-tag: a", "-H", "X-Tag: b", "-H", "x-tag: c"],
      local.env("host"),
    );
    expect([code, sent]).toEqual([0, ["a", "b", "c"]]);
  });

  it.each([
    [["ftp://orders/"], /^byname: trace: got "ftp:\/\/orders\/"; write a URL such as/],
    [["http://"], /^byname: trace: got "http:\/\/"; write a URL such as/],
    [
      ["ftp://user:s3cret@orders/x?token=1"],
      /^byname: trace: got "ftp:\/\/\*{3}@orders\/x\?\*{3}"; write a URL such as .*\n$/,
    ],
    [
      ["http://orders/", "-H", "authorization Bearer secret"],
      /^byname: --header: write it as "name: value"\n$/,
    ],
  ])("refuses %j in one line and with code 2", async (args, line) => {
    await account({});
    const { code, out, error } = await run(["trace", ...args], local.env("host"));
    expect([code, out, error]).toEqual([2, "", expect.stringMatching(line)]);
  });
});
