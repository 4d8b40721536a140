import { join } from "node:path";
import { startLocal } from "@byname/local";
import { expect, test, vi } from "vitest";
import { loopback } from "../support/loopback.ts";
import { nextApp } from "../support/next-app.ts";
import { type Otlp, type OtlpSpan, startOtlp } from "../support/otlp.ts";

vi.setConfig({ testTimeout: 300_000 });

test("in Next.js each fetch has one client span: Next's own, or byname's where that is switched off", async () => {
  await using local = await startLocal({ services: { orders: {}, users: {} } });
  await using orders = await loopback((_, response) => response.end("ok"));
  await local.register("orders", { port: orders.port });
  const app = await nextApp();
  try {
    await app.write("next.config.ts", `export default ${JSON.stringify(config)};`);
    await app.write("instrumentation.ts", instrumentation);
    await app.write("catalog.json", '{ "services": { "orders": {} } }');
    await app.build({ ...local.env("host"), BYNAME_CONFIG: "./catalog.json" });
    for (const NEXT_OTEL_FETCH_DISABLED of ["0", "1"]) {
      await using otlp = await startOtlp();
      const env = { ...local.env("host"), ...otlp.env, NEXT_OTEL_FETCH_DISABLED };
      const before = orders.seen.length;
      const server = await app.run("start", env);
      // The first one shows byname that OpenTelemetry is there by now.
      for (const path of [
        "pass/exported/first",
        "ask/plain/no/page",
        "pass/exported/handler",
        "pass/plain/plain",
      ])
        await (await fetch(`${server.url}/${path}`)).text();
      const isNexts = NEXT_OTEL_FETCH_DISABLED === "0";
      const later = orders.seen.slice(before).filter(({ target }) => target !== "/orders/first");
      expect(later.map(({ target }) => target)).toEqual(["/orders/page", "/orders/handler", "/orders/plain"]);
      // Next makes one for each call, also where one request is enough for three.
      await expect.poll(() => clients(otlp), { timeout: 20_000 }).toHaveLength(isNexts ? 5 : 3);
      await server.stop();
      const by = isNexts ? "next.js" : "byname";
      expect(new Set(clients(otlp).map(({ scope }) => scope))).toEqual(new Set([by]));
      const carried = clients(otlp).map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
      for (const { headers } of later) expect(carried).toContain(headers.traceparent);
    }
  } finally {
    await app.close();
  }
});

const external = ["@byname/next", "byname", "@opentelemetry/api", "@opentelemetry/sdk-trace-node"];
/** What is built is used once, so nothing is kept for the next build or for a debugger. */
const experimental = { turbopackFileSystemCacheForBuild: false, turbopackSourceMaps: false };
const config = { serverExternalPackages: external, experimental };

/** The SDK is not there yet when byname's first lookups are made. */
const instrumentation = `
  import { register as registerByname } from "@byname/next";

  export async function register() {
    await registerByname({ services: { orders: {}, users: {} } });
    if (process.env.NEXT_RUNTIME !== "nodejs") return;
    const { startSdk } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ ${JSON.stringify(join(import.meta.dirname, "../support/otel-sdk.ts"))});
    startSdk({ service: "next" });
  }
`;

/** The client spans of the requests to orders, but for the first. */
function clients({ spans }: Otlp): OtlpSpan[] {
  const urlOf = ({ attributes }: OtlpSpan) => String(attributes["url.full"] ?? attributes["http.url"]);
  return spans.filter(
    (span) => span.kind === "CLIENT" && /^http:\/\/orders\/orders\/(?!first)/.test(urlOf(span)),
  );
}
