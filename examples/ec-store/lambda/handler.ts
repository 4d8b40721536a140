import { createByname } from "byname";

/** Handler: the function itself. It places a subscriber's order, once each time it is invoked. */
const byname = createByname();

export interface Subscription {
  readonly order: string;
  readonly user: string;
  readonly sku: string;
  readonly quantity: number;
}

export async function handler({ order, ...wish }: Subscription, context: Context): Promise<unknown> {
  const response = await byname.fetch(`http://orders/orders/${order}`, {
    method: "PUT",
    body: JSON.stringify(wish),
    signal: AbortSignal.timeout(context.getRemainingTimeInMillis() - 100),
  });
  const body = (await response.json()) as { error?: string };
  if (!response.ok) throw new Error(`orders answered ${response.status}: ${body.error}`);
  return body;
}

interface Context {
  getRemainingTimeInMillis(): number;
}
