import { json } from "../../services/serve.ts";
import type { Product, User } from "../../services/shop.ts";

/** Home: what a customer sees first. The storefront knows nothing itself and asks everybody else, by name. */
export interface Home {
  readonly hello: string;
  readonly products: readonly Product[];
  readonly recommended: readonly Product[];
}

export async function home(user: string): Promise<Home> {
  const [{ name }, products, recommended] = await Promise.all([
    json<User>(fetch(`http://users/users/${encodeURIComponent(user)}`)),
    json<Product[]>(fetch("http://products/products")),
    json<{ products: Product[] }>(
      fetch(`http://recommendations/recommendations/${encodeURIComponent(user)}`),
    ),
  ]);
  return { hello: name, products, recommended: recommended.products };
}
