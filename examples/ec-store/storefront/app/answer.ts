import { inWords } from "../../errors.ts";
import { Refusal } from "../../services/serve.ts";

/** Answer: what a route handler gives back, as the other services do: JSON, and a reason for what is refused. */
export async function answer(work: () => Promise<unknown>): Promise<Response> {
  try {
    const result = await work();
    return result instanceof Response ? result : Response.json(result);
  } catch (error) {
    const status = error instanceof Refusal ? error.status : 502;
    return Response.json({ error: inWords(error) }, { status });
  }
}
