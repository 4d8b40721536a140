import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Workspace: the packages that are published from it, as its own package.json files tell. */
export const root = join(import.meta.dirname, "../..");

export interface Package {
  readonly name: string;
  /** From the workspace's root: `packages/local`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** What is looked at of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Package by package, what the build makes; `waiting` are those that it does not know yet. */
export function readWorkspace(): { readonly published: Package[]; readonly waiting: Package[] } {
  const { workspaces } = readJson<{ workspaces: string[] }>("package.json");
  const { references } = readJson<{ references: { path: string }[] }>("tsconfig.json");
  const built = new Set(references.map(({ path }) => path));
  const all = globSync(workspaces, { cwd: root })
    .sort()
    .map((folder) => ({ folder, manifest: readJson<Manifest>(`${folder}/package.json`) }))
    .filter(({ manifest }) => !manifest.private)
    .map((one) => ({ ...one, name: one.manifest.name }));
  return {
    published: all.filter(({ folder }) => built.has(folder)),
    waiting: all.filter(({ folder }) => !built.has(folder)),
  };
}

/** What a package can be imported by: `@byname/lambda`, `@byname/lambda/middy`. */
export function entriesOf({ name, manifest }: Package): string[] {
  const paths = Object.keys(manifest.exports).filter((path) => !path.endsWith(".json"));
  return paths.map((path) => name + path.slice(1));
}

export function readJson<Shape>(file: string): Shape {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}
