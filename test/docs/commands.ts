import { existsSync, globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Manifest, readJson, root } from "../packaging/workspace.ts";

/** Commands: what a page says to type. They are not run, since some take minutes; what they name has to be there. */
export function commandsOf(code: string): string[] {
  return code
    .split("\n")
    .flatMap((line) => line.replace(/#.*$/, "").split("&&"))
    .map((command) => command.trim())
    .filter((command) => command !== "");
}

/** @returns what is wrong with a command, if anything is. */
export function faultOf(command: string): string | undefined {
  const [program = "", ...rest] = command.replace(/^(?:[A-Z_]+=\S+ )*/, "").split(/\s+/);
  if (program === "npm") return npmFault(rest);
  if (program === "npx") return binFault(rest.find((word) => !word.startsWith("-")) ?? "");
  if (program === "node") return nodeFault(rest);
  return binFault(program);
}

function npmFault([verb = "", ...rest]: string[]): string | undefined {
  if (verb === "ci") return undefined;
  if (verb === "install") return rest.map(packageFault).find((fault) => fault !== undefined);
  const script = verb === "run" ? rest[0]! : verb;
  const workspace = rest.includes("-w") ? rest[rest.indexOf("-w") + 1] : undefined;
  const found = manifests.find(({ name }) => name === (workspace ?? "byname-workspace"));
  return found?.scripts?.[script] ? undefined : `no script ${script} in ${workspace ?? "package.json"}`;
}

function packageFault(name: string): string | undefined {
  if (name.startsWith("-") || manifests.some((one) => one.name === name)) return undefined;
  return existsSync(join(root, "node_modules", name)) ? undefined : `no package ${name}`;
}

function binFault(name: string): string | undefined {
  const own = manifests.some((one) => one.bin && (one.name === name || name in one.bin));
  return own || existsSync(join(root, "node_modules/.bin", name)) ? undefined : `no command ${name}`;
}

function nodeFault(words: string[]): string | undefined {
  const file = words.find((word) => /\.[cm]?[jt]s$/.test(word));
  return !file || existsSync(join(root, file)) ? undefined : `no file ${file}`;
}

interface WithScripts extends Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
}

const { workspaces } = readJson<{ workspaces: string[] }>("package.json");
const manifests = globSync(["package.json", ...workspaces.map((folder) => `${folder}/package.json`)], {
  cwd: root,
})
  .filter((file) => basename(dirname(file)) !== "node_modules")
  .map((file) => readJson<WithScripts>(file));
