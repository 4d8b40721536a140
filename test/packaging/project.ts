import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Packed, pack } from "./pack.ts";
import { readJson, readWorkspace, root } from "./workspace.ts";

const run = promisify(execFile);

/** Project: an empty one outside of the workspace, into which npm has installed the packed packages. */
export interface Project extends AsyncDisposable {
  readonly folder: string;
  readonly packages: readonly Packed[];
  write(file: string, text: string): Promise<void>;
  /** Runs a file by this Node. @returns what it printed, as JSON. */
  node(binary: string, args: readonly string[]): Promise<unknown>;
}

export async function installPacked(): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "byname-packed-")));
  const packages: Packed[] = [];
  for (const one of readWorkspace().published) packages.push(await pack(one, folder));
  await install(folder, packages);
  for (const { manifest } of packages) await linkPeers(folder, Object.keys(manifest.peerDependencies ?? {}));
  await linkPeers(folder, ["@types/node"]);
  return {
    folder,
    packages,
    write: (file, text) => writeFile(join(folder, file), text),
    node: async (binary, args) => {
      const { NODE_OPTIONS: _, ...env } = process.env;
      const { stdout } = await run(binary, args, { cwd: folder, env, timeout: 60_000 });
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/**
 * By the workspace's own lock file, from which npm drops what is not asked for: the versions are then those that
 * `npm ci` has fetched here, so that npm's cache is enough.
 */
async function install(folder: string, packages: readonly Packed[]): Promise<void> {
  const dependencies = Object.fromEntries(
    packages.map(({ name, tarball }) => [name, `file:${basename(tarball)}`]),
  );
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  const lock = readJson<{ packages: Record<string, { link?: true }> }>("package-lock.json");
  const known = Object.entries(lock.packages).filter(
    ([path, { link }]) => path.startsWith("node_modules/") && !link,
  );
  const own = { ...lock, name: "project", packages: { "": {}, ...Object.fromEntries(known) } };
  await writeFile(join(folder, "package-lock.json"), JSON.stringify(own));
  await run("npm", ["install", "--prefer-offline", "--ignore-scripts", "--omit=peer"], { cwd: folder });
}

/** Frameworks are large, and the project's own matter: they are the workspace's. */
async function linkPeers(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, "node_modules", name), link).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
