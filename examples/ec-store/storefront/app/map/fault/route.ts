import { askControl } from "../../control.ts";

/** Breaks or mends a part. Only this page may: no other origin, nor one whose name was made to lead here. */
export async function POST(request: Request) {
  if (!isOwnPage(request.headers)) return Response.json({ error: "not from here" }, { status: 403 });
  const { part, isBroken } = (await request.json()) as { part: unknown; isBroken: unknown };
  const path = `/parts/${encodeURIComponent(String(part))}`;
  const answer = await askControl(path, {
    method: "POST",
    body: JSON.stringify({ isBroken }),
    signal: AbortSignal.timeout(30_000),
  });
  return answer ?? Response.json({ error: "this store cannot be broken" }, { status: 404 });
}

function isOwnPage(headers: Headers): boolean {
  const host = headers.get("host") ?? "";
  return /^(127\.0\.0\.1|localhost):\d+$/.test(host) && headers.get("origin") === `http://${host}`;
}
