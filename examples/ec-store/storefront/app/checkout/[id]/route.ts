import { answer } from "../../answer.ts";
import { placeOrder } from "../../order.ts";

export async function PUT(request: Request, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return answer(async () => placeOrder(id, await request.text()));
}
