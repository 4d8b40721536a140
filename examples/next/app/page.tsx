import { headers } from "next/headers";
import { placeOrder } from "./actions.ts";
import { allOrders } from "./orders.ts";

export default async function Page() {
  const visitor = decodeURIComponent((await headers()).get("x-visitor") ?? "");
  const orders = await allOrders();
  return (
    <main>
      <h1>Hello, {visitor}</h1>
      <ul>
        {orders.map(({ id, product }) => (
          <li key={id}>
            <a href={`/orders/${id}`}>{product}</a>
          </li>
        ))}
      </ul>
      <form action={placeOrder}>
        <label>
          Product <input name="product" required defaultValue="mug" />
        </label>
        <button type="submit">Order</button>
      </form>
    </main>
  );
}
