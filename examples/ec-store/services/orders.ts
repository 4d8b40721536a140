import { createByname } from "byname";
import { openDatabase } from "./database.ts";
import { json, Refusal, Reply, serve } from "./serve.ts";
import { isSameWish, isWish, type Order, type Product, totalOf, type User, type Wish } from "./shop.ts";

/** Orders: asks who buys, reserves what is bought, and keeps the order. An order sent twice is placed once. */
const byname = createByname();
const database = openDatabase(
  "orders",
  "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, user TEXT, sku TEXT, quantity INTEGER, total INTEGER)",
);

serve(
  {
    "GET /orders": () => database.prepare("SELECT count(*) AS count FROM orders").get(),
    "GET /orders/:id": ({ params }) => {
      const order = find(params.id!);
      if (!order) throw new Refusal(404, `no order "${params.id}"`);
      return order;
    },
    "PUT /orders/:id": async ({ params, body }) => {
      if (!isWish(body)) throw new Refusal(400, "an order needs user, sku, and quantity from 1 to 100");
      return placed(params.id!, body) ?? place(params.id!, body);
    },
  },
  byname,
);

async function place(id: string, wish: Wish): Promise<Reply> {
  const { sku, quantity } = wish;
  const user = await json<User>(byname.fetch(`http://users/users/${encodeURIComponent(wish.user)}`));
  const product = await json<Product>(
    byname.fetch(
      `http://products/products/${encodeURIComponent(sku)}/reservations/${encodeURIComponent(id)}`,
      {
        method: "PUT",
        body: JSON.stringify({ quantity }),
      },
    ),
  );
  const total = totalOf(quantity, product, user);
  const { changes } = database
    .prepare("INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)")
    .run(id, user.id, sku, quantity, total);
  // Somebody may have sent the same order to another instance meanwhile.
  return changes === 1 ? new Reply(201, find(id)) : placed(id, wish)!;
}

/** The answer to an order that is there already. */
function placed(id: string, wish: Wish): Reply | undefined {
  const order = find(id);
  if (!order) return undefined;
  if (!isSameWish(order, wish)) throw new Refusal(409, `order "${id}" is there, with other contents`);
  return new Reply(200, order);
}

function find(id: string): Order | undefined {
  return database.prepare("SELECT * FROM orders WHERE id = ?").get(id) as Order | undefined;
}
