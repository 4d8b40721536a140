/**
 * Adds the logical host to a request's headers, in whichever of the shapes that undici accepts they came: an object,
 * a flat list, pairs, or anything that iterates over pairs. A Host that the caller set himself stays.
 */
export function withHost(headers: unknown, host: string): unknown {
  if (headers === undefined || headers === null) return { host };
  if (Array.isArray(headers)) {
    const names = Array.isArray(headers[0])
      ? headers.map(([name]) => name)
      : headers.filter((_, i) => i % 2 === 0);
    if (names.some(isHost)) return headers;
    return Array.isArray(headers[0]) ? [...headers, ["host", host]] : [...headers, "host", host];
  }
  if (isIterable(headers)) return withHost([...headers], host);
  return Object.keys(headers).some(isHost) ? headers : { ...headers, host };
}

function isHost(name: unknown): boolean {
  return String(name).toLowerCase() === "host";
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Iterable<unknown>)[Symbol.iterator] === "function";
}
