/** Calls: the kinds of requests that a fault treats differently. */
export interface FaultCall {
  readonly name: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly text?: string;
  /** The text arrives in pieces. */
  readonly isStream?: true;
  /** Whether it may reach a task twice. */
  readonly isRepeatable: boolean;
}

const text = "forty-two boxes";

export const calls: readonly FaultCall[] = [
  { name: "GET", method: "GET", isRepeatable: true },
  { name: "PUT with a string", method: "PUT", text, isRepeatable: true },
  { name: "PUT with a stream", method: "PUT", text, isStream: true, isRepeatable: true },
  {
    name: "POST with an Idempotency-Key",
    method: "POST",
    headers: { "idempotency-key": "k1" },
    text,
    isRepeatable: true,
  },
  { name: "POST with a string", method: "POST", text, isRepeatable: false },
  { name: "POST with a stream", method: "POST", text, isStream: true, isRepeatable: false },
];

/** What a transport takes for this call, made anew each time. */
export function initOf({ method, headers, text, isStream }: FaultCall) {
  return {
    method,
    ...(headers ? { headers } : {}),
    ...(text ? { body: isStream ? pieces(text) : text } : {}),
  };
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  const middle = Math.floor(text.length / 2);
  yield Buffer.from(text.slice(0, middle));
  yield Buffer.from(text.slice(middle));
}
