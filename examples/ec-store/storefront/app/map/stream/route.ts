import { askControl } from "../../control.ts";

/** The map's data, as server-sent events. */
export async function GET({ signal }: Request) {
  const answer = await askControl("/stream", { signal });
  if (!answer) return new Response(null, { status: 404 });
  const headers = { "content-type": "text/event-stream", "cache-control": "no-store, no-transform" };
  return new Response(answer.body, { status: answer.status, headers });
}
