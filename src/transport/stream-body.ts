/** StreamBody: request bodies that are streams of Node's, which fail on their own. */
interface Stream {
  on(event: "error", listener: () => void): unknown;
  destroy(): unknown;
}

export function isStream(body: unknown): body is Stream {
  const { on, destroy } = (body ?? {}) as Partial<Stream>;
  return typeof on === "function" && typeof destroy === "function";
}

/** A stream that fails before anybody reads it would bring the process down; who reads it is told again. */
export function ignoreErrors(body: unknown): void {
  if (isStream(body)) body.on("error", () => {});
}
