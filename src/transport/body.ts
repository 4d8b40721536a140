import { withHeader } from "./headers.ts";

/**
 * Body: gives undici's request the bodies that fetch takes and it does not: it knows no forms but its own, which of a
 * program's own undici are others again. Anything else is left to it.
 */
export function withEncodedBody<T extends { readonly body?: unknown; readonly headers?: unknown }>(
  options: T,
): T {
  const { body } = options;
  if (!(body instanceof URLSearchParams) && !isForm(body)) return options;
  const encoded = new Response(isForm(body) ? platformForm(body) : body);
  const headers = withHeader(options.headers, "content-type", encoded.headers.get("content-type")!);
  return { ...options, headers, body: body instanceof URLSearchParams ? String(body) : encoded.body };
}

/**
 * By its tag: whose it is matters not, and the global's first mention loads Node's fetch, which takes some 20 ms. The package
 * `form-data` has that tag too, and is a stream.
 */
function isForm(body: unknown): body is FormData {
  const { [Symbol.toStringTag]: tag, [Symbol.iterator]: entries } = (body ?? {}) as Partial<FormData>;
  return tag === "FormData" && typeof entries === "function";
}

/** The same form as one of the platform's own. */
function platformForm(form: FormData): FormData {
  if (form instanceof FormData) return form;
  const copy = new FormData();
  for (const [name, value] of form as Iterable<[string, string | File]>) {
    if (typeof value === "string") copy.append(name, value);
    else copy.append(name, value, value.name);
  }
  return copy;
}
