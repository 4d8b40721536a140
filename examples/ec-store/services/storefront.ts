import { createByname } from "byname";
import { json, Reply, serve } from "./serve.ts";
import type { Product, User } from "./shop.ts";

/** Storefront: what customers see. It knows nothing itself and asks everybody else, by name. */
const byname = createByname();

serve(
  {
    "GET /": () => ({ try: ["GET /home/ada", "GET /orders", "PUT /checkout/any-id"] }),
    "GET /home/:user": async ({ params: { user } }) => {
      const [{ name }, products, recommended] = await Promise.all([
        json<User>(byname.fetch(`http://users/users/${user}`)),
        json<Product[]>(byname.fetch("http://products/products")),
        json<{ products: Product[] }>(byname.fetch(`http://recommendations/recommendations/${user}`)),
      ]);
      return { hello: name, products, recommended: recommended.products };
    },
    "GET /orders": () => json(byname.fetch("http://orders/orders")),
    "GET /orders/:id": ({ params }) => json(byname.fetch(`http://orders/orders/${params.id}`)),
    "PUT /checkout/:id": async ({ params, body }) => {
      const response = await byname.fetch(`http://orders/orders/${params.id}`, {
        method: "PUT",
        body: JSON.stringify(body),
      });
      return new Reply(response.status, await response.json());
    },
  },
  byname,
);
