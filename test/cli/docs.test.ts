import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checks } from "../../packages/cli/src/doctor/checks.ts";
import { programFor } from "../../packages/cli/src/program.ts";
import { plainTerminal } from "../../packages/cli/src/terminal/terminal.ts";

const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
/** The rows of its tables, cell by cell: a formatter may align them. */
const rows = page.split("\n").flatMap((line) => {
  const cells = line.startsWith("|") ? line.split("|").slice(1, -1) : [];
  return cells.length > 0 ? [cells.map((cell) => cell.trim())] : [];
});

const program = programFor({
  version: "0.0.0",
  terminal: plainTerminal(80),
  env: {},
  interrupted: () => new AbortController().signal,
  exit: () => {},
});

describe("docs/cli.md", () => {
  it("has every check, in the order in which they are told", () => {
    const names = new Set(checks.map(({ name }) => name));
    const told = rows.filter(([name]) => names.has(name!));
    expect(told).toEqual(checks.map(({ name, about }) => [name, about]));
  });

  it("has every command", () => {
    for (const { name } of program.commands.map((command) => ({ name: command.name() })))
      expect(rows.some(([cell]) => cell!.startsWith(`\`byname ${name} `))).toBe(true);
  });

  it("has every option", () => {
    const options = program.commands.flatMap((command) => command.options.map(({ long }) => long!));
    const missing = [...new Set(options)].filter((long) => !rows.some(([cell]) => cell!.includes(long)));
    expect(missing).toEqual([]);
  });
});
