import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.ts";

// How large the example's function is: byname with undici, and the part of the AWS SDK that it needs.
const folder = await mkdtemp(join(tmpdir(), "byname-lambda-size-"));
for (const sdk of ["external", "inside"] as const) {
  const file = join(folder, `${sdk}.mjs`);
  const bytes = await bundle(join(import.meta.dirname, "handler.ts"), file, { format: "esm", sdk });
  const zipped = gzipSync(await readFile(file)).length;
  console.log(`AWS SDK ${sdk.padEnd(8)}  ${kB(bytes)} kB, zipped ${kB(zipped)} kB`);
}
await rm(folder, { recursive: true });

function kB(bytes: number): string {
  return (bytes / 1_000).toFixed(0).padStart(4);
}
