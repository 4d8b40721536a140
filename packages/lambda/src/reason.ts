/**
 * Reason: what fetch keeps in the cause of its error. Lambda's runtime reports an error's message alone, which would
 * be the same for everything that can go wrong.
 */
export function tellReason(error: unknown): void {
  if (!(error instanceof TypeError) || !says.includes(error.message)) return;
  const reason = inWords(error.cause);
  if (reason) error.message += `: ${reason}`;
}

/** Of a request, and of a response that broke off. */
const says = ["fetch failed", "terminated"];

function inWords(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  // Node's own errors of several addresses have a code and no message.
  return cause.message || (cause as { code?: string }).code || cause.name;
}
