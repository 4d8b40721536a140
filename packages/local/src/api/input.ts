import { invalid } from "../registry/aws-error.ts";

/** The body of a request, read field by field; what is missing or of another kind is an InvalidInput. */
export class Input {
  readonly #body: Readonly<Record<string, unknown>>;

  constructor(body: Readonly<Record<string, unknown>>) {
    this.#body = body;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined || value === "") throw invalid(`${name} is required`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#body[name] ?? undefined;
    if (value !== undefined && typeof value !== "string") throw invalid(`${name} must be a string`);
    return value;
  }

  whole(name: string, least: number, most: number, otherwise?: number): number {
    const value = this.#body[name] ?? otherwise;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    throw invalid(`${name} must be a whole number from ${least} to ${most}`);
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[], otherwise?: Choice): Choice {
    const value = this.optionalText(name) ?? otherwise;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw invalid(`${name} must be one of ${choices.join(", ")}`);
    return found;
  }

  /** A map of texts; empty where the field is missing. */
  texts(name: string): Record<string, string> {
    const value = this.#body[name] ?? {};
    const isMap = typeof value === "object" && !Array.isArray(value);
    if (!isMap || !Object.values(value).every((text) => typeof text === "string")) {
      throw invalid(`${name} must be a map of strings`);
    }
    return value as Record<string, string>;
  }

  /** A list of texts; undefined where the field is missing. */
  textList(name: string): string[] | undefined {
    const value = this.#body[name] ?? undefined;
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((text) => typeof text === "string")) {
      throw invalid(`${name} must be a list of strings`);
    }
    return value;
  }

  object(name: string): Input {
    const found = this.optionalObject(name);
    if (!found) throw invalid(`${name} is required`);
    return found;
  }

  optionalObject(name: string): Input | undefined {
    const value = this.#body[name] ?? undefined;
    return value === undefined ? undefined : asInput(name, value);
  }

  objects(name: string): Input[] {
    const value = this.#body[name] ?? [];
    if (!Array.isArray(value)) throw invalid(`${name} must be a list`);
    return value.map((member) => asInput(name, member));
  }
}

function asInput(name: string, value: unknown): Input {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${name} must be an object`);
  return new Input(value as Record<string, unknown>);
}
