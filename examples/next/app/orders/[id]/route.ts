/** A route handler that passes a service's answer on. */
export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return fetch(`http://orders/orders/${encodeURIComponent(id)}`);
}
