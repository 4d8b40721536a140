import Link from "next/link";
import type { Hop } from "../../shown.ts";
import { askControl } from "./control.ts";
import { Way } from "./way.tsx";

/** Click: what pressing the button led to, call by call, where the store is being watched. */
export async function Click({ order }: { order: string }) {
  const hops = await hopsOf(order);
  if (hops.length === 0) return null;
  return (
    <section className="click" aria-labelledby="click">
      <h2 id="click">What your click did</h2>
      <ol>
        {hops.map(({ caller, service, way, ms, error }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the calls of a click are in order and do not change
          <li key={index}>
            {caller} → {service} <Way way={way} /> {error ?? `${ms.toFixed(1)}\u00a0ms`}
          </li>
        ))}
      </ol>
      <Link href="/map">See it on the map</Link>
    </section>
  );
}

async function hopsOf(order: string): Promise<Hop[]> {
  try {
    const signal = AbortSignal.timeout(1_000);
    const answer = await askControl(`/orders/${encodeURIComponent(order)}`, { signal });
    return answer?.ok ? ((await answer.json()) as Hop[]) : [];
  } catch {
    // The order stands, whatever is known of it.
    return [];
  }
}
