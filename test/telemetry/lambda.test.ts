import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { bundle } from "../../examples/lambda/bundle.ts";
import { lambdaWorld } from "../support/lambda-world.ts";
import { startOtlp } from "../support/otlp.ts";

vi.setConfig({ testTimeout: 60_000 });

const functions = join(import.meta.dirname, "functions");

test.each(["esm", "cjs"] as const)(
  "a function bundled as %s is traced by its layer's OpenTelemetry",
  async (format) => {
    const root = await mkdtemp(join(tmpdir(), "byname-traced-"));
    const file = join(root, `traced.${format === "esm" ? "mjs" : "cjs"}`);
    await bundle(join(functions, "traced.ts"), file, { format, sdk: "inside" });
    await using otlp = await startOtlp();
    // The invocations' own traces are not sampled.
    const sampled = { OTEL_TRACES_SAMPLER: "always_on" };
    const env = { ...otlp.env, ...sampled, NODE_OPTIONS: `--import ${join(functions, "layer.ts")}` };
    await using world = await lambdaWorld({ root, handler: "traced.handler" }, env);
    const task = await world.task("ok");
    for (let times = 0; times < 2; times++)
      expect(await world.lambda.invoke()).toEqual({ fetched: "ok", requested: "ok" });
    const invocations = otlp.spans.filter(({ name }) => name === "invocation");
    const clients = otlp.spans.filter(({ kind }) => kind === "CLIENT");
    expect(invocations).toHaveLength(2);
    expect(clients.map(({ attributes }) => attributes["url.full"])).toEqual([
      ...["http://orders/fetched", "http://orders/requested"],
      ...["http://orders/fetched", "http://orders/requested"],
    ]);
    for (const [at, span] of clients.entries()) {
      const { traceId, spanId } = invocations[at < 2 ? 0 : 1]!;
      expect(span).toMatchObject({ traceId, parentSpanId: spanId });
      const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
      const header = `Root=${root};Parent=${span.spanId};Sampled=1`;
      expect(task.seen[at]!.headers["x-amzn-trace-id"]).toBe(header);
    }
    expect(otlp.text).not.toContain("secret");
    await rm(root, { recursive: true });
  },
);
