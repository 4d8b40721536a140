import { createByname } from "byname";
import { json, serve } from "./serve.ts";
import { bargains, type Product } from "./shop.ts";

/** Recommendations: what a customer may like, out of what there is. */
const byname = createByname();

serve(
  {
    "GET /recommendations/:user": async ({ params }) => {
      const products = await json<Product[]>(byname.fetch("http://products/products"));
      return { user: params.user, products: bargains(products, 2) };
    },
  },
  byname,
);
