/**
 * An option that cannot be used. The message says where, what stands there and what to write instead.
 */
export function wrong(where: string, value: unknown, expected: string): Error {
  return new Error(`${where}: got ${shown(value)}; write ${expected}`);
}

/** Throws on keys that nobody reads: a mistyped option must not be ignored. */
export function onlyKeys(where: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw wrong(`${where}.${key}`, (value as Record<string, unknown>)[key], `one of ${known.join(", ")}`);
    }
  }
}

/** A whole number within bounds, or the error that says so. */
export function wholeNumber(where: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
    return value as number;
  throw wrong(where, value, `a whole number from ${least} to ${most}`);
}

/** A plain object, or the error that says so. */
export function plainObject(where: string, value: unknown, example: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw wrong(where, value, `an object such as ${example}`);
}

/** A text that is not empty, or the error that says so. */
export function someText(where: string, value: unknown, example: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw wrong(where, value, `a text such as "${example}"`);
}

/** One of a few values, or the error that lists them. */
export function oneOf<const Choice>(where: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw wrong(where, value, `one of ${choices.map(shown).join(", ")}`);
}

function shown(value: unknown): string {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
