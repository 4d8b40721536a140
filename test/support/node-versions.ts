import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What byname is tested on: the oldest Node that is supported, the one that it is built with, and the newest. */
export const nodeMajors = [22, 24, 26] as const;

export type NodeMajor = (typeof nodeMajors)[number];

const installed = { 22: "22.23.3", 26: "26.9.0" } as const;

/**
 * The path of a Node of this version. 24 is the project's own; the others are installed on first use, since the packages
 * of several Nodes in one project would all claim the one command `node`.
 */
export function nodeBinary(major: NodeMajor): Promise<string> {
  if (major === 24) return Promise.resolve(inProject("node_modules/node/bin/node"));
  known[major] ??= install(installed[major]);
  return known[major];
}

const known: Partial<Record<NodeMajor, Promise<string>>> = {};

async function install(version: string): Promise<string> {
  const home = inProject(`node_modules/.cache/nodes/${version}`);
  const binary = `${home}/node_modules/node/bin/node`;
  if (existsSync(binary)) return binary;
  await mkdir(inProject("node_modules/.cache/nodes"), { recursive: true });
  const draft = await mkdtemp(`${home}-`);
  const project = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
  await writeFile(`${draft}/package.json`, JSON.stringify(project));
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], {
    cwd: draft,
  });
  // Another test may have been faster, and its copy is as good.
  await rename(draft, home).catch(() => rm(draft, { recursive: true }));
  return binary;
}

function inProject(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
