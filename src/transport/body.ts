import { withHeader } from "./headers.ts";

/**
 * Body: gives undici's request the bodies that fetch takes and it does not: it knows no forms but its own. Anything
 * else is left to it.
 */
export function withEncodedBody<T extends { readonly body?: unknown; readonly headers?: unknown }>(
  options: T,
): T {
  const { body } = options;
  if (!(body instanceof URLSearchParams) && !isForm(body)) return options;
  const encoded = new Response(body);
  const headers = withHeader(options.headers, "content-type", encoded.headers.get("content-type")!);
  return { ...options, headers, body: body instanceof URLSearchParams ? String(body) : encoded.body };
}

function isForm(body: unknown): body is FormData {
  // Looked at by its tag first: the global's first mention loads Node's fetch, which takes some 20 ms.
  const tag = (body as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[Symbol.toStringTag];
  return tag === "FormData" && body instanceof FormData;
}
