import { createHash } from "node:crypto";

/** Account: what a case ended with, as plain data that can be compared and printed. */
export async function accountOf(ending: () => unknown): Promise<unknown> {
  try {
    return await told(await ending());
  } catch (error) {
    return failure(error);
  }
}

/** Bytes as text where they are a few, else by their length and hash. */
export function bytes(content: Uint8Array): string {
  if (content.length <= 1_000) return Buffer.from(content).toString("latin1");
  return `${content.length} bytes, sha256 ${createHash("sha256").update(content).digest("hex")}`;
}

async function told(value: unknown): Promise<unknown> {
  if (value instanceof Response) return answer(value);
  if (value instanceof Error) return failure(value);
  if (value instanceof ArrayBuffer) return { arrayBuffer: bytes(new Uint8Array(value)) };
  if (value instanceof Uint8Array) return { class: value.constructor.name, bytes: bytes(value) };
  if (value instanceof Blob) return blob(value);
  if (value instanceof FormData) return { form: await told([...value]) };
  if (Array.isArray(value)) return Promise.all(value.map(told));
  if (typeof value !== "object" || value === null) return value === undefined ? "undefined" : value;
  const entries = Object.entries(value).map(async ([key, one]) => [key, await told(one)]);
  return Object.fromEntries(await Promise.all(entries));
}

async function blob(value: Blob): Promise<unknown> {
  const name = value instanceof File ? value.name : undefined;
  return { class: value.constructor.name, name, type: value.type, bytes: bytes(await value.bytes()) };
}

/** Everything that a response shows, its body and its copy's included. */
async function answer(response: Response): Promise<unknown> {
  const { status, statusText, ok, type, redirected, url, headers } = response;
  const copy = response.clone();
  const readable = response.body ? `${response.body}` : null;
  const [body, copied] = await Promise.all([
    accountOf(async () => bytes(await response.bytes())),
    accountOf(async () => bytes(await copy.bytes())),
  ]);
  return {
    ...{ status, statusText, ok, type, redirected, url, readable, body, copied },
    class: response.constructor === Response,
    headers: [...headers],
    cookies: headers.getSetCookie(),
    bodyUsed: response.bodyUsed,
  };
}

function failure(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: String(error) };
  return {
    error: error.name,
    class: error.constructor.name,
    isTypeError: error instanceof TypeError,
    message: error.message,
    cause: causeOf(error),
  };
}

/**
 * Why it failed, in the platform's words. Where a fetch failed on the network byname tells in between which endpoints
 * were tried, which plain fetch cannot know.
 */
function causeOf(error: Error): unknown {
  const { cause } = error;
  if (!(cause instanceof Error)) return cause === undefined ? undefined : String(cause);
  const { code, name, message } = cause as Error & { code?: unknown };
  if (String(code).startsWith("BYNAME_")) return causeOf(cause);
  return { name, code, message };
}
