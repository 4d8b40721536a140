import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { pack } from "../packaging/pack.ts";
import { type Package, readWorkspace, root } from "../packaging/workspace.ts";

/** Sizes of a published package, in bytes. */
export interface Sizes {
  readonly name: string;
  /** What npm fetches. */
  readonly packed: number;
  /** What it takes on the disk. */
  readonly unpacked: number;
  /** Its entry and all that this leads to, minified and compressed; without undici, the AWS SDK and peers. */
  readonly bundled: number;
  readonly files: number;
}

/** Of each package, as it has been built. */
export async function measureSizes(): Promise<Sizes[]> {
  const folder = await mkdtemp(join(tmpdir(), "byname-size-"));
  const sizes: Sizes[] = [];
  for (const one of readWorkspace().published) {
    const { name, size: packed, unpackedSize: unpacked, files } = await pack(one, folder);
    sizes.push({ name, packed, unpacked, bundled: await bundledSize(one), files: files.length });
  }
  await rm(folder, { recursive: true });
  return sizes;
}

async function bundledSize({ folder, manifest }: Package): Promise<number> {
  const peers = Object.keys(manifest.peerDependencies ?? {});
  const { outputFiles } = await build({
    entryPoints: [join(root, folder, mainFile(manifest))],
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    target: "node22",
    format: "esm",
    mainFields: ["module", "main"],
    external: ["@aws-sdk/*", "undici", ...peers],
    logLevel: "warning",
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

/** Its main entry, or its command where it has none. */
function mainFile({ exports, bin = {} }: Package["manifest"]): string {
  const main = exports["."] as { default: string } | undefined;
  return main?.default ?? Object.values(bin)[0]!;
}
