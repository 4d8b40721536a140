import { type LambdaContext, withByname } from "@byname/lambda";

/** Handler: the function itself. It places a subscriber's order, once each time it is invoked. */
export const handler = withByname(
  async ({ order, ...wish }: Subscription, _context: LambdaContext, byname): Promise<unknown> => {
    const response = await byname.fetch(`http://orders/orders/${encodeURIComponent(order)}`, {
      method: "PUT",
      body: JSON.stringify(wish),
    });
    const body = (await response.json()) as { error?: string };
    if (!response.ok) throw new Error(`orders answered ${response.status}: ${body.error}`);
    return body;
  },
);

export interface Subscription {
  readonly order: string;
  readonly user: string;
  readonly sku: string;
  readonly quantity: number;
}
