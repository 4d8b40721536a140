import type { Fate, Fault } from "./fault.ts";
import type { Story } from "./stories.ts";

/** DocsTable: the rows of docs/failures.md, as the tests know them. */
export function faultRow({ name, remedy, fate, unrepeated }: Fault): string {
  return row(
    name,
    remedy,
    ...fateCells(fate),
    ...(unrepeated ? fateCells(unrepeated) : ["the same", "", ""]),
  );
}

export function storyRow({ name, outcome }: Story): string {
  return row(name, outcome);
}

function row(...cells: readonly (string | number)[]): string {
  return `|${cells.map((cell) => (cell === "" ? "" : ` ${cell} `)).join("|")}|`;
}

function fateCells({ sees, because, attempts, reached }: Fate): (string | number)[] {
  return [because ? `${said(sees)} (\`${because}\`)` : said(sees), attempts, reached];
}

function said(sees: Fate["sees"]): string {
  if (sees === 200) return "the answer";
  if (sees === "cut") return "the answer, whose body breaks off";
  return `\`${sees}\``;
}
