/** What went wrong, in one line: fetch only says "fetch failed", and why is in its cause. */
export function inWords(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : String(message);
}
