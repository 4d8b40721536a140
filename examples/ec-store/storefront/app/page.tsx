import Link from "next/link";
import { notFound } from "next/navigation";
import { json } from "../../services/serve.ts";
import type { Order, Product, User } from "../../services/shop.ts";
import { buy } from "./actions.ts";
import { Click } from "./click.tsx";
import { hasControl } from "./control.ts";
import { home } from "./home.ts";
import { orderUrl } from "./order.ts";

/** What the address says: who looks, and what became of the last order. */
interface Search {
  readonly user?: string;
  readonly order?: string;
  readonly refused?: string;
}

export default async function Page({ searchParams }: { searchParams: Promise<Search> }) {
  const { user = "ada", order, refused } = await searchParams;
  const users = await json<User[]>(fetch("http://users/users"));
  if (!users.some(({ id }) => id === user)) notFound();
  const { hello, products, recommended } = await home(user);
  const picks = new Set(recommended.map(({ sku }) => sku));
  return (
    <>
      <header>
        <p className="name">The store</p>
        <nav aria-label="The store">
          {users.map(({ id, name }) => (
            <Link key={id} href={`/?user=${id}`} aria-current={id === user ? "page" : undefined}>
              {name}
            </Link>
          ))}
          {hasControl() && <Link href="/map">The map</Link>}
        </nav>
      </header>
      <main>
        <h1>Hello, {hello}</h1>
        <div role="status">
          {order && <Placed id={order} products={products} />}
          {refused && <p className="refused">{nameOf(refused, products)} could not be ordered.</p>}
        </div>
        {order && <Click order={order} />}
        <ul className="products">
          {products.map((product) => (
            <Card key={product.sku} product={product} user={user} isPick={picks.has(product.sku)} />
          ))}
        </ul>
      </main>
    </>
  );
}

async function Placed({ id, products }: { id: string; products: readonly Product[] }) {
  const { sku, quantity, total } = await json<Order>(fetch(orderUrl(id)));
  return (
    <p className="placed">
      Thank you! {quantity} × {nameOf(sku, products)} for {price(total)}. Order <code>{id}</code>
    </p>
  );
}

function Card({ product, user, isPick }: { product: Product; user: string; isPick: boolean }) {
  const { sku, name, stock } = product;
  return (
    <li>
      <h2>{name}</h2>
      <p className="price">{price(product.price)}</p>
      <p className="note">{stock === 0 ? "Sold out" : isPick ? "Recommended for you" : "In stock"}</p>
      <form action={buy}>
        <input type="hidden" name="order" value={crypto.randomUUID()} />
        <input type="hidden" name="user" value={user} />
        <input type="hidden" name="sku" value={sku} />
        <button type="submit" disabled={stock === 0} aria-label={`Buy ${name}`}>
          Buy
        </button>
      </form>
    </li>
  );
}

function nameOf(sku: string, products: readonly Product[]): string {
  return products.find((product) => product.sku === sku)?.name ?? sku;
}

/** Prices are in cents. */
function price(cents: number): string {
  return (cents / 100).toLocaleString("en", { style: "currency", currency: "EUR" });
}
