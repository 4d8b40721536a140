import { fork } from "node:child_process";
import { once } from "node:events";
import { startLocal } from "@byname/local";
import { type Otlp, type OtlpSpan, startOtlp } from "../support/otlp.ts";

/** The services of the shop, and what each of them asks. */
const shop = { storefront: "orders", orders: "users", users: undefined } as const;

/** The spans of one request to the storefront, which asks orders, which asks users: all of them processes of their own. */
export async function oneTrace(
  isWhole: (spans: readonly OtlpSpan[]) => boolean,
): Promise<readonly OtlpSpan[]> {
  await using local = await startLocal({ services: { orders: {}, users: {} } });
  await using otlp = await startOtlp();
  const children = [];
  const ports: Record<string, number> = {};
  try {
    for (const [name, next] of Object.entries(shop)) {
      const child = fork(new URL("./service.ts", import.meta.url), next ? [name, next] : [name], {
        env: { ...process.env, ...local.env("lambda"), ...otlp.env, NODE_OPTIONS: "" },
      });
      children.push(child);
      const [port] = (await once(child, "message")) as [number];
      ports[name] = port;
      if (name !== "storefront") await local.register(name, { port });
    }
    await (await fetch(`http://127.0.0.1:${ports.storefront}/`)).text();
    return await whole(otlp, isWhole);
  } finally {
    for (const child of children) child.kill();
  }
}

/** What the processes export comes a little later than their answers. */
async function whole(
  otlp: Otlp,
  isWhole: (spans: readonly OtlpSpan[]) => boolean,
): Promise<readonly OtlpSpan[]> {
  for (const limit = Date.now() + 20_000; Date.now() < limit; ) {
    if (isWhole(otlp.spans)) return otlp.spans;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return otlp.spans;
}

/** A trace as a tree of lines: who did what, by which way. Times and ports, which differ each time, are left out. */
export function drawn(spans: readonly OtlpSpan[]): string {
  const lines: string[] = [];
  const draw = (span: OtlpSpan, depth: number) => {
    const name = "  ".repeat(depth) + span.name;
    lines.push([name.padEnd(31), span.service.padEnd(10), told(span)].join(" "));
    for (const child of spans) if (child.parentSpanId === span.spanId) draw(child, depth + 1);
  };
  for (const root of spans) if (!root.parentSpanId) draw(root, 0);
  return lines.map((line) => line.trimEnd()).join("\n");
}

function told({ attributes, kind }: OtlpSpan): string {
  const shown = Object.entries(attributes).filter(([key]) => names.has(key));
  return [kind, ...shown.map(([key, value]) => `${key}=${value}`)].join(" ");
}

const names = new Set([
  "url.full",
  "network.peer.address",
  "http.request.resend_count",
  "http.response.status_code",
  "byname.source",
  "byname.endpoints",
  "error.type",
]);

if (import.meta.main) console.log(drawn(await oneTrace((spans) => spans.length >= 9)));
