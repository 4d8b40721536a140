import { ConfigError } from "./errors.ts";
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
      const at = where === "options" ? name : `${where}.${name}`;
      const read = Object.hasOwn(readers, name) ? readers[name as keyof T] : undefined;
      if (!read) throw new ConfigError(at, field, `one of ${list(readers)}; there is no option of this name`);
      const checked = read(field, at);
      if (checked !== undefined) known[name] = checked;
    }
    return known as T;
  });
}

/** An object with free keys and values of one kind. */
export function record<T>(read: Reader<T>): Reader<Record<string, T>> {
  return optional((value, where) => {
    if (!isPlain(value)) throw new ConfigError(where, value, "an object");
    const checked = Object.entries(value).map(([key, item]) => [
      key,
      read(item, `${where}[${JSON.stringify(key)}]`),
    ]);
    return Object.fromEntries(checked.filter(([, item]) => item !== undefined));
  });
}

/** A list; one item alone, or text with commas (from the environment), is taken as one too. */
export function listOf<T>(read: Reader<T>): Reader<T[]> {
  return optional((value, where) => {
    const items = typeof value === "string" ? value.split(",").map((item) => item.trim()) : value;
    const array = Array.isArray(items) ? items : [items];
    if (array.length === 0) throw new ConfigError(where, value, "at least one entry, or leave it out");
    return array.map((item, index) => {
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
export const hostName: Reader<string> = optional((value, where) => {
  const name = String(value).toLowerCase();
  if (typeof value === "string" && isHostName(name)) return name;
  throw new ConfigError(where, value, 'a name of letters, digits, "-" and "_", with dots between its parts');
});
export const httpUrl: Reader<URL> = optional((value, where) => {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username + url.password === "") return url;
  throw new ConfigError(
    where,
    redacted(value),
    'a URL such as "http://10.0.0.7:8080", without a user or password',
  );
});

export function optional<T>(read: (value: unknown, where: string) => T): Reader<T> {
  return (value, where) => (value === undefined ? undefined : read(value, where));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(readers: object): string {
  return Object.keys(readers).join(", ");
}

/** A URL may hold a password; errors must not. */
function redacted(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/\/\/[^/@]*@/, "//***@") : value;
}
