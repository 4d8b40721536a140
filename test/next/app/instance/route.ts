import { byname } from "@byname/next";
import { copies } from "../copies.ts";

/** What is not fetch, and how often there is what. */
export async function GET() {
  const { body } = await byname().request("http://orders/orders/instance");
  const { source } = await byname().resolve("orders");
  const instances = new Set([...copies].map((byname) => byname()));
  return Response.json({
    answer: await body.text(),
    source,
    copies: copies.size,
    instances: instances.size,
  });
}
