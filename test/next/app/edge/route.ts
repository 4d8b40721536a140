import { byname, fetch } from "@byname/next";

export const runtime = "edge";

export async function GET() {
  const errors = [
    await fetch("http://orders/").catch(inWords),
    await (async () => byname())().catch(inWords),
  ];
  return Response.json(errors);
}

function inWords({ name, message, code }: { name: string; message: string; code?: string }) {
  return { name, message, code };
}
