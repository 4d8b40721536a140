/** Shop: what the services talk about. Prices are in cents, discounts in percent. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly discount: number;
}

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  /** How many are left. */
  readonly stock: number;
}

/** What a customer asks for. */
export interface Wish {
  readonly user: string;
  readonly sku: string;
  readonly quantity: number;
}

export interface Order extends Wish {
  readonly id: string;
  readonly total: number;
}

export function isQuantity(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 100;
}

export function isWish(value: unknown): value is Wish {
  const { user, sku, quantity } = (value ?? {}) as Partial<Record<keyof Wish, unknown>>;
  return typeof user === "string" && typeof sku === "string" && isQuantity(quantity);
}

export function isSameWish(one: Wish, other: Wish): boolean {
  return one.user === other.user && one.sku === other.sku && one.quantity === other.quantity;
}

/** In whole cents, rounded in the customer's favour. */
export function totalOf(quantity: number, product: Product, user: User): number {
  return Math.floor((quantity * product.price * (100 - user.discount)) / 100);
}

/** What can be had, the best bargain first; not more than `most`. */
export function bargains(products: readonly Product[], most: number): Product[] {
  return products
    .filter(({ stock }) => stock > 0)
    .sort((a, b) => a.price - b.price)
    .slice(0, most);
}
