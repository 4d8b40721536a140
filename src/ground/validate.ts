import { block } from "./address-guard.ts";
import { ConfigError } from "./errors.ts";
import { isIP } from "./ip.ts";
import { isHostName, isPort } from "./service-name.ts";

/**
 * Validate: readers that give back a checked value or throw a ConfigError which names the place, shows the value
 * and says what to write. `undefined` passes through every reader: an option left out is never wrong.
 */
export type Reader<T> = (value: unknown, where: string) => T | undefined;

/** An object of which every field has a reader; a field without one is a typing mistake and is said so. */
export function fields<T extends object>(
  readers: { [K in keyof T]-?: Reader<NonNullable<T[K]>> },
): Reader<T> {
  return optional((value, where) => {
    if (!isPlain(value)) throw new ConfigError(where, value, `an object with ${list(readers)}`);
    const known: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(value)) {
      const read = Object.hasOwn(readers, name) ? readers[name as keyof T] : undefined;
      // Its value is not shown: who looks for a place for a secret may have guessed this one.
      if (!read)
        throw new ConfigError(where, name, `one of ${list(readers)}; there is no option of this name`);
      const checked = read(field, where === "options" ? name : `${where}.${name}`);
      if (checked !== undefined) known[name] = checked;
    }
    return known as T;
  });
}

/** An object with free keys and values of one kind. `keyOf` gives back a key as it is to be known, or throws. */
export function record<T>(
  read: Reader<T>,
  keyOf = (key: string, _where: string): string => key,
): Reader<Record<string, T>> {
  return optional((value, where) => {
    if (!isPlain(value)) throw new ConfigError(where, value, "an object");
    const known = new Map<string, T>();
    for (const [name, item] of Object.entries(value)) {
      const key = keyOf(name, where);
      const checked = read(item, `${where}[${JSON.stringify(key)}]`);
      if (known.has(key)) throw new ConfigError(where, name, `"${key}" once: case makes no difference`);
      if (checked !== undefined) known.set(key, checked);
    }
    return Object.fromEntries(known);
  });
}

/** A list; one item alone, or text with commas (from the environment), is taken as one too. */
export function listOf<T>(read: Reader<T>): Reader<T[]> {
  return optional((value, where) => {
    const items = typeof value === "string" ? value.split(",").map((item) => item.trim()) : value;
    const array = Array.isArray(items) ? items : [items];
    if (array.length === 0) throw new ConfigError(where, value, "at least one entry, or leave it out");
    return Array.from(array, (item, index) => {
      const checked = read(item, array.length > 1 ? `${where}[${index}]` : where);
      if (checked === undefined) throw new ConfigError(where, value, "a list without holes");
      return checked;
    });
  });
}

export function reader<T>(accepts: (value: unknown) => boolean, expected: string): Reader<T> {
  return optional((value, where) => {
    if (!accepts(value)) throw new ConfigError(where, value, expected);
    return value as T;
  });
}

export const text = reader<string>(
  (value) => typeof value === "string" && value !== "",
  "a text that is not empty",
);
export const milliseconds = reader<number>(
  (value) => typeof value === "number" && value >= 0 && value <= 2 ** 31 - 1,
  "milliseconds, as a number from 0 to 2147483647",
);
export const port = reader<number>(isPort, "a port, as a whole number from 1 to 65535");
const host = 'a name of letters, digits, "-" and "_", with dots between its parts';
export const hostName: Reader<string> = optional((value, where) => {
  if (typeof value === "string" && isHostName(value.toLowerCase())) return value.toLowerCase();
  throw new ConfigError(where, value, host);
});
/** A name in Cloud Map. Its API tells upper and lower case apart, though DNS does not. */
export const cloudMapName = reader<string>(
  (value) => typeof value === "string" && isHostName(value.toLowerCase()),
  host,
);
export const cidr: Reader<string> = optional((value, where) => {
  block(value as string, where);
  return value as string;
});
export const nameServer = reader<string>(
  (value) => typeof value === "string" && isServer(value),
  'an address such as "10.0.0.2", "127.0.0.1:5353" or "[::1]:53"',
);
export const httpUrl: Reader<URL> = optional((value, where) => {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username + url.password === "") return url;
  throw new ConfigError(where, value, 'a URL such as "http://10.0.0.7:8080", without a user or password');
});

export function optional<T>(read: (value: unknown, where: string) => T): Reader<T> {
  return (value, where) => (value === undefined ? undefined : read(value, where));
}

/** Not a Map, a Promise or the like, whose fields nobody could read; the names that a config file exports count. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return /^\[object (Object|Module)\]$/.test(Object.prototype.toString.call(value));
}

function list(readers: object): string {
  return Object.keys(readers).join(", ");
}

/** An address alone, or with a port behind a colon; IPv6 in brackets then. */
function isServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const isAddress = six === undefined ? isIP(four ?? "") === 4 : isIP(six) === 6;
  return isAddress && (port === undefined || isPort(Number(port)));
}
