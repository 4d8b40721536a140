import { build } from "esbuild";

export interface BundleOptions {
  readonly format: "esm" | "cjs";
  /** Whether the AWS SDK comes along; Lambda's runtime has one, of an older minor version. */
  readonly sdk: "inside" | "external";
}

/**
 * Bundle: a function's file with all it needs, as one goes up to Lambda.
 * @returns its size in bytes.
 */
export async function bundle(
  entry: string,
  outfile: string,
  { format, sdk }: BundleOptions,
): Promise<number> {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node22",
    format,
    external: sdk === "external" ? ["@aws-sdk/*"] : [],
    // CommonJS inside of an ES module: undici and parts of the SDK ask for Node's own modules by `require`.
    ...(format === "esm" ? { banner: { js: requireCode } } : {}),
    mainFields: ["module", "main"],
    metafile: true,
    logLevel: "warning",
  });
  return Object.values(metafile.outputs)[0]!.bytes;
}

/** The long name is one that no shortened one can be. */
const requireCode = `import { createRequire as requireForBundle } from "node:module";
const require = requireForBundle(import.meta.url);`;
