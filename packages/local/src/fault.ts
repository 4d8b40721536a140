import { isIP } from "node:net";
import { oneOf, onlyKeys, plainObject, wholeNumber, wrong } from "./wrong.ts";

/**
 * What goes wrong on demand. One effect per fault; `delay` may stand alone or beside one of the others.
 * Each part understands those that make sense there and refuses the rest.
 */
export interface Fault {
  /** The answer comes this many milliseconds later. */
  delay?: number;
  /** Takes the request and never answers. */
  drop?: true;
  /** Answers with this error: a response code's name for dns, an AWS error's name for api, a kind or status for proxy, a status for metadata. */
  error?: string | number;
  /** Answers as AWS does over quota: REFUSED for dns, RequestLimitExceeded for api, an open circuit breaker for proxy, 429 for metadata. */
  throttle?: true;
  /** Answers well, with nothing in it. */
  empty?: true;
  /** Sends the first half of the answer's bytes; on a connection, breaks it after that. */
  half?: true;
  /** Every address in the answer is this one. The proxy also takes `address:port`. */
  address?: string;
  /** Answers from what was registered when the fault began. */
  stale?: true;
  /** Only requests for this service: its key in `services`, or the name of one that was made through the API. */
  service?: string;
  /** Only this operation, such as `DiscoverInstances` (api). */
  operation?: string;
  /** Ends by itself after this many requests. @default no end */
  times?: number;
}

/** A fault that is in force until it is mended. Mending twice does no harm. */
export interface FaultHandle extends Disposable {
  /** How many requests it has met. */
  readonly hits: number;
  /** Ends it; the end of a `using` block does so too. */
  mend(): void;
}

export const effects = ["drop", "error", "throttle", "empty", "half", "address", "stale"] as const;
export type Effect = (typeof effects)[number];

/** What a part has to say about the faults it takes. */
export interface FaultRules {
  readonly part: string;
  readonly effects: readonly Effect[];
  /** Which of `service` and `operation` narrow a fault here. */
  readonly scopes: readonly ("service" | "operation")[];
  /** The operations there are, where a fault can be for one of them. */
  readonly operations?: readonly string[];
  /** Throws unless the part can answer with this error. */
  readonly checkError: (error: unknown) => void;
  readonly knows: (service: string) => boolean;
}

export function checkFault(fault: Fault, rules: FaultRules): void {
  const where = `${rules.part}.fault`;
  plainObject(where, fault, `{ delay: 200 } or { ${rules.effects[0]}: … }`);
  onlyKeys(where, fault, ["delay", "times", ...rules.effects, ...rules.scopes]);
  const chosen = rules.effects.filter((effect) => fault[effect] !== undefined);
  if (chosen.length > 1)
    throw wrong(where, fault, `one of ${chosen.join(", ")}; use two faults for two effects`);
  if (chosen.length === 0 && fault.delay === undefined) {
    throw wrong(where, fault, `{ delay: 200 } or one of ${rules.effects.join(", ")}`);
  }
  if (fault.delay !== undefined) wholeNumber(`${where}.delay`, fault.delay, 0, 3_600_000);
  if (fault.times !== undefined) wholeNumber(`${where}.times`, fault.times, 1, Number.MAX_SAFE_INTEGER);
  for (const flag of ["drop", "throttle", "empty", "half", "stale"] as const) {
    if (fault[flag] !== undefined && fault[flag] !== true)
      throw wrong(`${where}.${flag}`, fault[flag], "true");
  }
  if (fault.error !== undefined) rules.checkError(fault.error);
  if (fault.address !== undefined) checkAddress(`${where}.address`, fault.address, rules.part === "proxy");
  if (fault.operation !== undefined) oneOf(`${where}.operation`, fault.operation, rules.operations ?? []);
  if (fault.service !== undefined && !rules.knows(fault.service)) {
    throw wrong(`${where}.service`, fault.service, "the name of a service that was added before");
  }
}

/** `address` or, where allowed, `address:port`, taken apart. */
export function splitAddress(text: string): { address: string; port?: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  return isIP(text) || !match ? { address: text } : { address: match[1]!, port: Number(match[2]) };
}

function checkAddress(where: string, value: unknown, withPort: boolean): void {
  const example = withPort ? '"192.0.2.1" or "127.0.0.1:9"' : '"192.0.2.1"';
  if (typeof value !== "string") throw wrong(where, value, example);
  const { address, port } = splitAddress(value);
  const isAddress = isIP(address) !== 0 && !address.includes("%");
  if (!isAddress || (port !== undefined && (!withPort || port > 65_535))) throw wrong(where, value, example);
}
