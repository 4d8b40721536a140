import { openDatabase, transaction } from "./database.ts";
import { Refusal } from "./serve.ts";
import { isQuantity, type Product } from "./shop.ts";

/** Stock: products, and what of them is reserved for which order. */
export class Stock {
  readonly #database = openDatabase(
    "products",
    `CREATE TABLE IF NOT EXISTS products (sku TEXT PRIMARY KEY, name TEXT, price INTEGER, stock INTEGER);
     CREATE TABLE IF NOT EXISTS reservations (sku TEXT, "order" TEXT, quantity INTEGER, PRIMARY KEY (sku, "order"));`,
  );

  constructor(products: readonly Product[]) {
    const add = this.#database.prepare("INSERT OR IGNORE INTO products VALUES (?, ?, ?, ?)");
    for (const { sku, name, price, stock } of products) add.run(sku, name, price, stock);
  }

  all(): Product[] {
    return this.#database.prepare("SELECT * FROM products").all() as unknown as Product[];
  }

  find(sku: string): Product | undefined {
    return this.#database.prepare("SELECT * FROM products WHERE sku = ?").get(sku) as Product | undefined;
  }

  /** Takes the quantity out of stock, once for each order however often it is asked. */
  reserve(sku: string, order: string, quantity: unknown): { product: Product; isNew: boolean } {
    if (!isQuantity(quantity)) throw new Refusal(400, "quantity must be a whole number from 1 to 100");
    return transaction(this.#database, () => {
      const product = this.find(sku);
      if (!product) throw new Refusal(404, `no product "${sku}"`);
      const reserved = this.#reserved(sku, order);
      if (reserved !== undefined && reserved !== quantity)
        throw new Refusal(409, `${reserved} of "${sku}" are reserved for order "${order}"`);
      if (reserved !== undefined) return { product, isNew: false };
      if (product.stock < quantity) throw new Refusal(409, `${product.stock} left of "${sku}"`);
      this.#database.prepare("INSERT INTO reservations VALUES (?, ?, ?)").run(sku, order, quantity);
      this.#database.prepare("UPDATE products SET stock = stock - ? WHERE sku = ?").run(quantity, sku);
      return { product: { ...product, stock: product.stock - quantity }, isNew: true };
    });
  }

  #reserved(sku: string, order: string): number | undefined {
    const query = this.#database.prepare('SELECT quantity FROM reservations WHERE sku = ? AND "order" = ?');
    return (query.get(sku, order) as { quantity: number } | undefined)?.quantity;
  }
}
