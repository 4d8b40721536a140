import { json } from "../../../../services/serve.ts";
import { answer } from "../../answer.ts";
import { orderUrl } from "../../order.ts";

export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return answer(() => json(fetch(orderUrl(id))));
}
