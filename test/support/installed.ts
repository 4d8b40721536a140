import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * Installed: packages that the tests need and the project must not have, in a project of their own. They are installed on
 * first use.
 * @param scripts what becomes of the package's own install scripts.
 * @returns the package's folder.
 */
export function installed(name: string, version: string, scripts: "run" | "ignore"): Promise<string> {
  const key = `${name}@${version}`;
  const known = folders.get(key) ?? install(name, version, scripts);
  folders.set(key, known);
  return known;
}

const folders = new Map<string, Promise<string>>();

const cache = fileURLToPath(new URL("../../node_modules/.cache/packages", import.meta.url));

async function install(name: string, version: string, scripts: "run" | "ignore"): Promise<string> {
  const home = `${cache}/${name}@${version}`;
  const folder = `${home}/node_modules/${name}`;
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${home}-`);
  const project = {
    private: true,
    dependencies: { [name]: version },
    allowScripts: { [name]: scripts === "run" },
  };
  await writeFile(`${draft}/package.json`, JSON.stringify(project));
  const flags = scripts === "ignore" ? ["--ignore-scripts"] : [];
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...flags], {
    cwd: draft,
  });
  // Another test may have been faster, and its copy is as good.
  await rename(draft, home).catch(() => rm(draft, { recursive: true }));
  return folder;
}
