/**
 * Headers: a request's headers as one flat list of names and values, which undici of every version takes. Callers
 * give them as an object, a flat list, pairs, or anything that iterates over pairs.
 */
export type HeaderList = readonly unknown[];

/** With one header more, unless it is there already. The name is given in lower case. */
export function withHeader(headers: unknown, name: string, value: string): HeaderList {
  const list = headerList(headers);
  if (!hasHeader(list, name)) list.push(name, value);
  return list;
}

/**
 * With one length where it is said several times over: the fetch of Node 22 adds its own to the caller's, which undici 8
 * refuses (https://github.com/nodejs/undici/issues/5500). One of them is enough (RFC 9110, section 8.6).
 */
export function withOneLength(list: HeaderList): HeaderList {
  const at = find(list, "content-length");
  if (at < 0) return list;
  const lengths = new Set(String(list[at + 1]).split(/, */));
  return lengths.size === 1 ? list.with(at + 1, [...lengths][0]) : list;
}

/** Whether a header of this name, given in lower case, is among them. */
export function hasHeader(list: HeaderList, name: string): boolean {
  return find(list, name) >= 0;
}

/** What a header of this name, given in lower case, says; nothing where it is not among them. */
export function headerValue(list: HeaderList, name: string): string {
  const at = find(list, name);
  return at < 0 ? "" : String(list[at + 1] ?? "");
}

/** A header of a response: of undici's flat list of buffers, or its object of texts. */
export function responseHeader(headers: unknown, name: string): string | undefined {
  if (!Array.isArray(headers)) {
    const value = (headers as Record<string, unknown> | null | undefined)?.[name];
    return value === undefined ? undefined : String(value);
  }
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (String(headers[at]).toLowerCase() === name) return String(headers[at + 1]);
  }
  return undefined;
}

/** Where its name stands; -1 where it is not among them. */
function find(list: HeaderList, name: string): number {
  for (let at = 0; at < list.length; at += 2) {
    const text = String(list[at]);
    if (text.length === name.length && text.toLowerCase() === name) return at;
  }
  return -1;
}

/** A list of their own, without those that have no value: undici sends none of them. */
function headerList(headers: unknown): unknown[] {
  if (headers === undefined || headers === null) return [];
  if (typeof headers !== "object") throw new TypeError("headers must be an object or a list");
  if (isIterable(headers)) {
    const entries = [...headers];
    const list = Array.isArray(entries[0]) ? entries.flat(1) : entries;
    return list.includes(undefined) ? list.filter((_, at) => list[at | 1] !== undefined) : list;
  }
  const list: unknown[] = [];
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) list.push(name, value);
  return list;
}

function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as Iterable<unknown>)[Symbol.iterator] === "function";
}
