import { ConfigError } from "./errors.ts";

/**
 * ServiceName: the text by which callers name a service, checked.
 *
 * Host name rules (RFC 1123) plus the underscore, which AWS allows in aliases and discovery names
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceConnectClientAlias.html).
 */
export interface ServiceName {
  readonly name: string;
  /** Given where one port of an alias is a service of its own: `metrics:6334`. */
  readonly port?: number;
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads `orders`, `orders.internal` or `metrics:6334`; case does not matter.
 * @throws ConfigError where the text cannot be a service's name.
 */
export function parseServiceName(text: string, where = "service name"): ServiceName {
  const [, name = "", digits] = /^(.*?)(?::(\d+))?$/s.exec(
    typeof text === "string" ? text.toLowerCase() : "",
  )!;
  if (!isHostName(name)) {
    throw new ConfigError(
      where,
      text,
      'a host name of letters, digits, "-" and "_", such as "orders" or "metrics:6334"',
    );
  }
  if (digits === undefined) return { name };
  const port = Number(digits);
  if (!isPort(port)) throw new ConfigError(where, text, "a port from 1 to 65535 behind the colon");
  return { name, port };
}

/**
 * Whether `text` can name a host: dot-separated labels, at most 253 characters. A last label that is a number,
 * `0x…` included, makes an IPv4 address of it in a URL (https://url.spec.whatwg.org/#ends-in-a-number-checker).
 */
export function isHostName(text: string): boolean {
  if (text.length > 253) return false;
  const labels = text.split(".");
  return labels.every((part) => label.test(part)) && !/^(\d+|0x[\da-f]*)$/.test(labels.at(-1)!);
}

export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535;
}
