import { revalidateTag } from "next/cache";

export async function POST(_request: Request, { params }: { params: Promise<{ tag: string }> }) {
  revalidateTag((await params).tag, { expire: 0 });
  return new Response();
}
