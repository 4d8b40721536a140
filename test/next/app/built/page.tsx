import { fetch } from "@byname/next";

/** Rendered by `next build`. */
export default async function Page() {
  const response = await fetch("http://orders/orders/built", { cache: "force-cache" });
  return <output>{await response.text()}</output>;
}
