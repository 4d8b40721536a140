import { ask } from "../../../asking.ts";

/** A route handler that passes an answer on. */
export async function GET(_request: Request, { params }: { params: Promise<{ how: string; id: string }> }) {
  return ask({ ...(await params), kept: "no" });
}
