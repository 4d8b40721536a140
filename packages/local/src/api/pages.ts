import { invalid } from "../registry/aws-error.ts";
import type { Input } from "./input.ts";

/** One page of a list. The lists of Cloud Map give at most 100 at once; NextToken leads to the rest. */
export function page<Item>(
  input: Input,
  all: readonly Item[],
): { items: Item[]; next: { NextToken?: string } } {
  const size = input.whole("MaxResults", 1, 100, 100);
  const token = input.optionalText("NextToken");
  const from = token === undefined ? "0" : Buffer.from(token, "base64url").toString();
  if (!/^\d{1,9}$/.test(from)) throw invalid("NextToken is not valid");
  const begin = Number(from);
  const end = begin + size;
  const next = end < all.length ? { NextToken: Buffer.from(String(end)).toString("base64url") } : {};
  return { items: all.slice(begin, end), next };
}

/** Keeps what all filters accept. `fields` gives an item's value for each filter's name. */
export function filtered<Item>(
  input: Input,
  all: readonly Item[],
  fields: Readonly<Record<string, (item: Item) => string>>,
): Item[] {
  const filters = input.objects("Filters").map((filter) => {
    const field = fields[filter.choice("Name", Object.keys(fields))]!;
    const values = filter.textList("Values") ?? [];
    const condition = filter.choice("Condition", ["EQ", "IN", "BEGINS_WITH"], "EQ");
    if (values.length === 0) throw invalid("Values is required");
    return (item: Item) => values.some((value) => fits(field(item), value, condition));
  });
  return all.filter((item) => filters.every((filter) => filter(item)));
}

function fits(actual: string, value: string, condition: "EQ" | "IN" | "BEGINS_WITH"): boolean {
  return condition === "BEGINS_WITH" ? actual.startsWith(value) : actual === value;
}
