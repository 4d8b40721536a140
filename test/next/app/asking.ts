import { fetch as bynameFetch } from "@byname/next";

/** How a page or a handler of these tests asks a service, as its path says. */
export interface Asked {
  readonly how: string;
  readonly kept: string;
  readonly id: string;
}

const ways: Record<string, typeof fetch> = {
  // At the time of the call: Next puts its own in place of it.
  plain: (input, init) => fetch(input, init),
  exported: bynameFetch,
  request: (input, init) => bynameFetch(new Request(input), init),
};

export function ask({ how, kept, id }: Asked): Promise<Response> {
  return ways[how]!(`http://orders/orders/${id}`, init(kept, id));
}

function init(kept: string, id: string): RequestInit {
  if (kept === "revalidated") return { next: { revalidate: 60, tags: [id] } };
  return kept === "forced" ? { cache: "force-cache" } : {};
}
