"use server";

import { fetch } from "@byname/next";
import { updateTag } from "next/cache";

/** A server action. It may be sent again after a failure, as each order has a key of its own. */
export async function placeOrder(form: FormData) {
  const response = await fetch("http://orders/orders", {
    method: "POST",
    headers: { "idempotency-key": crypto.randomUUID() },
    body: JSON.stringify({ product: form.get("product") }),
    byname: { timeout: 5_000 },
  });
  if (!response.ok) throw new Error(`orders answered ${response.status}`);
  updateTag("orders");
}
