import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.ts";

// How large the example's function is: byname with undici, and the part of the AWS SDK that it needs.
const folder = await mkdtemp(join(tmpdir(), "byname-lambda-size-"));
for (const sdk of ["external", "inside"] as const) {
  const to = join(folder, sdk);
  const { all, init } = await bundle(join(import.meta.dirname, "handler.ts"), join(to, "handler.mjs"), {
    format: "esm",
    sdk,
    split: true,
  });
  const files = await Promise.all((await readdir(to)).map((name) => readFile(join(to, name))));
  const zipped = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  console.log(
    `AWS SDK ${sdk.padEnd(8)}  ${kB(all)} kB, zipped ${kB(zipped)} kB, of which init reads ${kB(init)} kB`,
  );
}
await rm(folder, { recursive: true });

function kB(bytes: number): string {
  return (bytes / 1_000).toFixed(0).padStart(4);
}
