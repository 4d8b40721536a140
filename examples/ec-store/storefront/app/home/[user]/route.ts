import { answer } from "../../answer.ts";
import { home } from "../../home.ts";

export async function GET(_request: Request, { params }: { params: Promise<{ user: string }> }) {
  const { user } = await params;
  return answer(() => home(user));
}
