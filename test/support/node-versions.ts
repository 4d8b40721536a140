import { fileURLToPath } from "node:url";
import { installed } from "./installed.ts";

/** What byname is tested on: the oldest Node that is supported, the one that it is built with, and the newest. */
export const nodeMajors = [22, 24, 26] as const;

export type NodeMajor = (typeof nodeMajors)[number];

const versions = { 22: "22.23.3", 26: "26.9.0" } as const;

/**
 * The path of a Node of this version. 24 is the project's own; the others are installed on first use, since the packages
 * of several Nodes in one project would all claim the one command `node`.
 */
export async function nodeBinary(major: NodeMajor): Promise<string> {
  const folder = major === 24 ? projects : await installed("node", versions[major], "run");
  return `${folder}/bin/node`;
}

const projects = fileURLToPath(new URL("../../node_modules/node", import.meta.url));
