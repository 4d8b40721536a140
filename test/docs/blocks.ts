import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../packaging/workspace.ts";

/** Block: a piece of code on a page of the docs, between fences. */
export interface Block {
  /** From the workspace's root: `docs/balancing.md`. */
  readonly page: string;
  /** The line of the page on which the code begins, from 1. */
  readonly line: number;
  /** What stands behind the fence; none for pictures and what programs print. */
  readonly language: string;
  readonly code: string;
}

/** Those of all pages that people write. */
export function readBlocks(): Block[] {
  const pages = globSync(["*.md", "src/*.md", "docs/*.md", "{packages,examples}/*/*.md"], { cwd: root });
  return pages.sort().flatMap(blocksOf);
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^ *```([^\n]*)\n(.*?)^ *```$/gms)].map(({ index, 1: language, 2: code }) => ({
    page,
    line: text.slice(0, index).split("\n").length + 1,
    language: language!,
    code: code!,
  }));
}
