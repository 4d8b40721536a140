import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { entriesOf, type Package, readWorkspace, root } from "../packaging/workspace.ts";
import type { Block } from "./blocks.ts";

/** What a reader has of his own, and what a page therefore only imports. */
const own = {
  "orders.ts":
    'import { makeClientConstructor } from "@grpc/grpc-js";\nexport const OrdersClient = makeClientConstructor({}, "Orders");\n',
};

/**
 * Compiles blocks in a project outside of the workspace. One with an import begins a module, and those that follow on its
 * page belong to it.
 * @param strictness options of the compiler.
 * @returns what the compiler says, with the page and its line.
 */
export async function compile(
  blocks: readonly Block[],
  strictness: object = { strict: true },
): Promise<string[]> {
  const project = await mkdtemp(join(tmpdir(), "byname-blocks-"));
  try {
    await symlink(join(root, "node_modules"), join(project, "node_modules"));
    await writeFile(join(project, "package.json"), '{ "type": "module" }');
    await writeFile(join(project, "tsconfig.json"), JSON.stringify(settingsWith(strictness)));
    for (const [name, text] of [...modulesOf(blocks), ...ownOf(blocks)]) {
      await mkdir(dirname(join(project, name)), { recursive: true });
      await writeFile(join(project, name), text);
    }
    return await tsc(project);
  } finally {
    await rm(project, { recursive: true });
  }
}

/** By file name. Each block stands on the lines that it has on its page. */
function modulesOf(blocks: readonly Block[]): Map<string, string> {
  const modules = new Map<string, string>();
  let name = "";
  for (const { page, line, language, code } of blocks) {
    if (!name.startsWith(`${page}/`) || /^import /m.test(code)) name = `${page}/${line}.${language}`;
    const before = modules.get(name) ?? "";
    modules.set(name, before + "\n".repeat(line - before.split("\n").length) + code);
  }
  return new Map([...modules].map(([file, text]) => [file, `${text}export {};\n`]));
}

function ownOf(blocks: readonly Block[]): [string, string][] {
  const folders = new Set(blocks.map(({ page }) => page));
  return [...folders].flatMap((folder) =>
    Object.entries(own).map(([name, text]) => [`${folder}/${name}`, text] as [string, string]),
  );
}

function tsc(project: string): Promise<string[]> {
  const args = [
    join(root, "node_modules/typescript/bin/tsc"),
    "--noEmit",
    "--pretty",
    "false",
    "-p",
    project,
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: project, timeout: 100_000 }, (error, stdout) => {
      const said = stdout.split("\n").filter((line) => line.includes("error TS"));
      if (error && said.length === 0) return reject(error);
      resolve(said.map((line) => line.replace(/\/\d+\.\w+\((\d+),\d+\)/, ":$1")));
    });
  });
}

const { published, waiting } = readWorkspace();
/** The packages as their sources are now, built or not. */
const paths = Object.fromEntries([...published, ...waiting].flatMap(sourcesOf));

function sourcesOf(one: Package): [string, string[]][] {
  return entriesOf(one).map((entry) => {
    const { default: built } = one.manifest.exports[`.${entry.slice(one.name.length)}`] as {
      default: string;
    };
    const source = built.replace("dist/", one.folder === "src" ? "" : "src/").replace(/\.js$/, ".ts");
    return [entry, [join(root, one.folder, source)]];
  });
}

function settingsWith(strictness: object): object {
  return {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      noEmit: true,
      allowImportingTsExtensions: true,
      declaration: false,
      allowJs: true,
      jsx: "preserve",
      types: ["node", "aws-lambda", "next"],
      paths,
      ...strictness,
    },
    include: ["**/*.md/*", join(root, "src/transport/*.d.ts")],
  };
}
