"use server";

import { redirect } from "next/navigation";
import { placeOrder } from "./order.ts";

/** What the button does. The form has the order's id, so that pressing it twice buys once. */
export async function buy(form: FormData): Promise<never> {
  const [id, user, sku] = ["order", "user", "sku"].map((name) => String(form.get(name)));
  const { ok } = await placeOrder(id!, JSON.stringify({ user, sku, quantity: 1 }));
  redirect(`/?${new URLSearchParams({ user: user!, ...(ok ? { order: id! } : { refused: sku! }) })}`);
}
