import { parse } from "node:path";
import { build } from "esbuild";

export interface BundleOptions {
  readonly format: "esm" | "cjs";
  /** Whether the AWS SDK comes along; Lambda's runtime has one, of an older minor version. */
  readonly sdk: "inside" | "external";
  /** What is only loaded when it is first used, each part in a file of its own: init need not read it. For ES modules. */
  readonly split?: boolean;
}

/**
 * Bundle: a function with all it needs, as one goes up to Lambda: one file, or a few in one folder.
 * @returns its size in bytes.
 */
export async function bundle(
  entry: string,
  outfile: string,
  { format, sdk, split = false }: BundleOptions,
): Promise<number> {
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
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The long name is one that no shortened one can be. */
const requireCode = `import { createRequire as requireForBundle } from "node:module";
const require = requireForBundle(import.meta.url);`;
