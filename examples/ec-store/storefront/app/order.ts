/** Order: where it is, and how it is placed. Sent twice it is placed once, hence the PUT. */
export function orderUrl(id: string): string {
  return `http://orders/orders/${encodeURIComponent(id)}`;
}

/** @param wish as JSON. */
export function placeOrder(id: string, wish: string): Promise<Response> {
  return fetch(orderUrl(id), { method: "PUT", body: wish });
}
