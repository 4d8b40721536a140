import { Refusal, Reply, serve } from "./serve.ts";
import { Stock } from "./stock.ts";

/** Products: what is sold, at what price, and how much of it is left. */
const stock = new Stock([
  { sku: "lamp", name: "Desk lamp", price: 3_900, stock: 1_000_000 },
  { sku: "mug", name: "Mug", price: 1_200, stock: 1_000_000 },
  { sku: "pen", name: "Fountain pen", price: 2_450, stock: 1_000_000 },
  { sku: "globe", name: "Globe", price: 8_900, stock: 0 },
]);

serve({
  "GET /products": () => stock.all(),
  "GET /products/:sku": ({ params }) => {
    const product = stock.find(params.sku!);
    if (!product) throw new Refusal(404, `no product "${params.sku}"`);
    return product;
  },
  "PUT /products/:sku/reservations/:order": ({ params, body }) => {
    const { quantity } = (body ?? {}) as { quantity?: number };
    const { product, isNew } = stock.reserve(params.sku!, params.order!, quantity);
    return new Reply(isNew ? 201 : 200, product);
  },
});
