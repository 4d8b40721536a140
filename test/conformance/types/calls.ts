import { type Byname, createByname } from "byname";

/** Calls: what a program may write of fetch, with and without the DOM library, it may write of `byname.fetch`. */
const byname: Byname = createByname();

// Wherever the platform's fetch is asked for.
export const drop: typeof fetch = byname.fetch;
export const options: { fetch?: typeof globalThis.fetch } = { fetch: byname.fetch };
export const parameters: (...args: Parameters<typeof fetch>) => ReturnType<typeof fetch> = byname.fetch;
export const libraries: (input: string, init?: RequestInit) => Promise<Response> = byname.fetch;
export const requests: (request: Request) => Promise<Response> = byname.fetch;

export async function inputs(
  url: URL,
  request: Request,
  input: Parameters<typeof fetch>[0],
): Promise<Response[]> {
  return [
    await byname.fetch("http://orders/"),
    await byname.fetch(url),
    await byname.fetch(request, { method: "POST" }),
    await byname.fetch(input),
  ];
}

export async function inits(init: RequestInit, given?: Parameters<typeof fetch>[1]): Promise<void> {
  await byname.fetch("http://orders/", init);
  await byname.fetch("http://orders/", given);
  await byname.fetch("http://orders/", undefined);
  await byname.fetch("http://orders/", {
    method: "PUT",
    headers: [["x-a", "1"]],
    redirect: "manual",
    signal: AbortSignal.timeout(1_000),
    keepalive: true,
    cache: "no-store",
    credentials: "omit",
    mode: "cors",
    integrity: "",
    referrer: "",
    referrerPolicy: "no-referrer",
  });
  await byname.fetch("http://orders/", { headers: new Headers({ "x-a": "1" }), signal: null });
  await byname.fetch("http://orders/", { ...init, byname: { timeout: 1_000, retries: 0 } });
}

export async function bodies(blob: Blob, form: FormData, stream: ReadableStream<Uint8Array>): Promise<void> {
  const all = [
    "text",
    new Uint8Array(1),
    new ArrayBuffer(1),
    new URLSearchParams(),
    blob,
    form,
    stream,
    null,
  ];
  for (const body of all) await byname.fetch("http://orders/", { method: "POST", body });
}

export async function answers(): Promise<unknown[]> {
  const response: Response = await byname.fetch("http://orders/");
  const cookies: string[] = response.headers.getSetCookie();
  const bytes: Uint8Array = await response.clone().bytes();
  for await (const chunk of response.body!) chunk satisfies Uint8Array;
  return [cookies, bytes, response.url satisfies string, await response.json()];
}

// What is wrong stays wrong.
// @ts-expect-error
byname.fetch();
// @ts-expect-error
byname.fetch("http://orders/", { redirect: "back" });
// @ts-expect-error
byname.fetch("http://orders/", { byname: { timeout: "long" } });
