import type { Endpoint } from "./endpoint.ts";
import type { SourceName } from "./resolution.ts";
import type { SourceReport } from "./source.ts";

const kinds = Symbol.for("byname.error");

/**
 * The root of every error that byname makes. `code` is stable. `instanceof` also recognises errors of another
 * copy of the package, since bundlers load a module once per entry.
 */
export class BynameError extends Error {
  static readonly kind: string = "BynameError";
  /** What programs compare. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.kind;
    Object.defineProperty(this, kinds, { value: lineage(new.target) });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class that a user derives has no kind of its own.
    if (!Object.hasOwn(this, "kind")) return Function.prototype[Symbol.hasInstance].call(this, value);
    const found = (value as { [kinds]?: string[] } | null | undefined)?.[kinds];
    return Array.isArray(found) && found.includes(this.kind);
  }
}

/**
 * An option, an environment variable or a name is wrong. Says where, what stands there, and what to write instead.
 *
 * Write what the message says. It comes when the instance is made or a name is given, never from the network.
 */
export class ConfigError extends BynameError {
  static override readonly kind = "ConfigError";

  constructor(where: string, value: unknown, expected: string, options?: ErrorOptions) {
    super("BYNAME_CONFIG", `${where}: got ${show(value)}; write ${expected}`, options);
  }
}

/**
 * No source gave an endpoint. The attempts hold what each of them said.
 *
 * Read `attempts`: each source says why it could not be asked. `hint` names what most likely has to change; a `fixed`
 * address keeps calls going meanwhile.
 */
export class ResolveError extends BynameError {
  static override readonly kind: string = "ResolveError";
  /** Its key in the catalog. */
  readonly service: string;
  /** What each source said, in the order asked. */
  readonly attempts: readonly SourceReport[];
  /** What most likely has to change, in AWS's terms; empty where nothing better can be said. */
  readonly hint: string;

  constructor(failure: ResolveFailure, code = "BYNAME_RESOLVE", what = "no source could be asked for") {
    const said = failure.attempts.map((attempt) => `${attempt.source}: ${attempt.detail}`).join("; ");
    super(
      code,
      `${what} "${failure.service}" (${said || "no source"})${failure.hint && `. ${failure.hint}`}`,
    );
    this.service = failure.service;
    this.attempts = failure.attempts;
    this.hint = failure.hint;
  }
}

export interface ResolveFailure {
  readonly service: string;
  readonly attempts: readonly SourceReport[];
  readonly hint: string;
}

/**
 * Every source that could be asked knows no such service.
 *
 * Check the name, the namespace and the discovery name. An alias newer than this task's deployment needs this task's own
 * service to be deployed again.
 */
export class ServiceNotFoundError extends ResolveError {
  static override readonly kind = "ServiceNotFoundError";

  constructor(failure: ResolveFailure) {
    super(failure, "BYNAME_SERVICE_NOT_FOUND", "no source knows");
  }
}

/**
 * The service exists and has no instance.
 *
 * Look why no instance is registered or healthy: desired count, health check, `queryParameters`.
 */
export class NoEndpointsError extends ResolveError {
  static override readonly kind = "NoEndpointsError";

  constructor(failure: ResolveFailure) {
    super(failure, "BYNAME_NO_ENDPOINTS", "no instance of");
  }
}

/** One try at one endpoint that failed. */
export interface FailedAttempt {
  readonly source: SourceName;
  readonly endpoint: Endpoint;
  /** The code or message of what went wrong, such as `ECONNREFUSED`. */
  readonly error: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/**
 * The service was resolved, and the endpoint could not be reached or broke off. `cause` is the transport's error.
 *
 * `attempts` tell which endpoints failed and how. Refused: nothing listens at that port. Silent: a security group, or a
 * task that is gone. What may have reached the service is repeated only where that is safe.
 */
export class RequestError extends BynameError {
  static override readonly kind = "RequestError";
  /** Its key in the catalog. */
  readonly service: string;
  /** The last one that was tried. */
  readonly endpoint: Endpoint;
  /** Each try that failed, the earliest first. */
  readonly attempts: readonly FailedAttempt[];

  constructor(service: string, attempts: readonly FailedAttempt[], cause: unknown) {
    const last = attempts.at(-1)!;
    const { address, port } = last.endpoint;
    super("BYNAME_REQUEST", `${service} at ${address} port ${port} (by ${last.source}): ${last.error}`, {
      cause,
    });
    this.service = service;
    this.endpoint = last.endpoint;
    this.attempts = attempts;
  }
}

/**
 * One attempt had no answer within `attemptTimeout`. Seen as the `cause` of a RequestError.
 *
 * Raise `attemptTimeout` if the service needs longer; otherwise look at that endpoint.
 */
export class AttemptTimeoutError extends BynameError {
  static override readonly kind = "AttemptTimeoutError";

  constructor(timeout: number) {
    super("BYNAME_ATTEMPT_TIMEOUT", `no response within ${timeout} ms`);
  }
}

/**
 * There was no answer in time. `attempts` holds what had failed by then.
 *
 * Raise `timeout` for this service or call, or look in `attempts` at what took the time. Nobody knows whether the service
 * did the work: repeat only what may be repeated.
 */
export class DeadlineError extends BynameError {
  static override readonly kind = "DeadlineError";
  /** Its key in the catalog. */
  readonly service: string;
  /** Each try that failed, the earliest first. */
  readonly attempts: readonly FailedAttempt[];

  constructor(service: string, timeout: number, attempts: readonly FailedAttempt[]) {
    const code = "BYNAME_DEADLINE";
    // Those that were under way are what this error itself tells of.
    const before = attempts.map(({ error }) => error).filter((error) => error !== code);
    const why = before.length > 0 ? ` (${before.join(", ")})` : "";
    super(code, `no response of ${service} within ${timeout} ms${why}`);
    this.service = service;
    this.attempts = attempts;
  }
}

/**
 * The instance was closed or destroyed before or during the call.
 *
 * Close the instance last, or make a new one.
 */
export class ClosedError extends BynameError {
  static override readonly kind = "ClosedError";

  constructor() {
    super("BYNAME_CLOSED", "this byname instance is closed; create a new one to go on");
  }
}

/**
 * The code of a transport's error, or the name of a platform's, such as `TimeoutError`, else the first line of its message:
 * what fits on one line and holds no secret.
 */
export function briefly(error: unknown): string {
  if (typeof error !== "object" || error === null) return firstLine(String(error));
  const { code, message, name } = error as { code?: unknown; message?: unknown; name?: unknown };
  const kind = error instanceof DOMException ? name : code;
  const said = [kind, message, name].find((text) => typeof text === "string" && text !== "");
  return firstLine((said as string | undefined) ?? "an unknown error");
}

function firstLine(text: string): string {
  return text
    .slice(0, 2_000)
    .split("\n", 1)[0]!
    .replaceAll(/\w+:\/\/\S+/g, withoutSecrets)
    .slice(0, 200);
}

function lineage(start: typeof BynameError): string[] {
  const names: string[] = [];
  for (let type = start; type?.kind; type = Object.getPrototypeOf(type)) names.push(type.kind);
  return names;
}

/**
 * A value as an error shows it: enough to find the place, and nothing that could be a secret. Of objects that is
 * the names of their fields, of URLs neither the user's part nor the query.
 */
function show(value: unknown): string {
  if (typeof value === "string") return short(JSON.stringify(withoutSecrets(value)));
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind !== "Object") return `a ${kind}`;
  const names = Object.keys(value);
  return names.length === 0 ? "an empty object" : short(`an object with ${names.join(", ")}`);
}

/** The user's part of a URL ends at an `@` and a query starts at a `?`; with one behind the other, either may hold both. */
function withoutSecrets(text: string): string {
  const scheme = /^\w+:\/\//.exec(text)?.[0] ?? "";
  const at = text.lastIndexOf("@");
  const query = text.search(/[?#]/);
  if (query >= 0 && at > query) return `${scheme}***`;
  const shown = at < 0 ? text : `${scheme}***${text.slice(at)}`;
  return shown.replace(/[?#].*$/s, "?***");
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
