import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Package, root } from "./workspace.ts";

const run = promisify(execFile);

/** Packed: a package as `npm publish` would send it. */
export interface Packed extends Package {
  /** The path of its tarball. */
  readonly tarball: string;
  /** The paths in it. */
  readonly files: readonly string[];
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly unpackedSize: number;
}

/** @param into the folder that gets the tarball. */
export async function pack(one: Package, into: string): Promise<Packed> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", into];
  const { stdout } = await run("npm", args, { cwd: join(root, one.folder) });
  const [told] = JSON.parse(stdout) as [
    { filename: string; size: number; unpackedSize: number; files: { path: string }[] },
  ];
  const { filename, size, unpackedSize, files } = told;
  return { ...one, tarball: join(into, filename), size, unpackedSize, files: files.map(({ path }) => path) };
}
