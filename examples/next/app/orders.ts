/** Orders: what this app asks the service `orders` for. */
export interface Order {
  readonly id: number;
  readonly product: string;
}

/** Kept for a minute, or until an order is placed. The key of Next's cache is this URL. */
export async function allOrders(): Promise<Order[]> {
  const response = await fetch("http://orders/orders", { next: { revalidate: 60, tags: ["orders"] } });
  return response.json();
}
