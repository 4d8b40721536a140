import { json } from "../../../services/serve.ts";
import { answer } from "../answer.ts";

export async function GET() {
  return answer(() => json(fetch("http://orders/orders")));
}
