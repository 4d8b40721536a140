import { parse } from "node:path";
import { build, type Metafile } from "esbuild";

export interface BundleOptions {
  readonly format: "esm" | "cjs";
  /** Whether the AWS SDK comes along; Lambda's runtime has one, of an older minor version. */
  readonly sdk: "inside" | "external";
  /** What is only loaded when it is first used, each part in a file of its own: init need not read it. For ES modules. */
  readonly split?: boolean;
}

/** In bytes. */
export interface BundleSize {
  readonly all: number;
  /** What init reads: all but what waits for its first use. */
  readonly init: number;
}

/** Bundle: a function with all it needs, as one goes up to Lambda: one file, or a few in one folder. */
export async function bundle(
  entry: string,
  outfile: string,
  { format, sdk, split = false }: BundleOptions,
): Promise<BundleSize> {
  const { dir, name, ext } = parse(outfile);
  const { metafile } = await build({
    entryPoints: [{ in: entry, out: name }],
    outdir: dir,
    outExtension: { ".js": ext },
    bundle: true,
    splitting: split,
    minify: true,
    platform: "node",
    target: "node22",
    format,
    external: sdk === "external" ? ["@aws-sdk/*"] : [],
    // CommonJS inside of an ES module: undici and parts of the SDK ask for Node's own modules by `require`.
    ...(format === "esm" ? { banner: { js: requireCode } } : {}),
    metafile: true,
    logLevel: "warning",
  });
  const { outputs } = metafile;
  const sum = (files: Iterable<string>) =>
    [...files].reduce((total, file) => total + outputs[file]!.bytes, 0);
  const handler = Object.keys(outputs).find((file) => outputs[file]!.entryPoint !== undefined)!;
  return { all: sum(Object.keys(outputs)), init: sum(importedBy(handler, outputs)) };
}

/** The file itself, and what it imports at once. */
function importedBy(file: string, outputs: Metafile["outputs"], found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { path, kind } of outputs[file]?.imports ?? [])
    if (kind === "import-statement" && path in outputs) importedBy(path, outputs, found);
  return found;
}

/** The long name is one that no shortened one can be. */
const requireCode = `import { createRequire as requireForBundle } from "node:module";
const require = requireForBundle(import.meta.url);`;
