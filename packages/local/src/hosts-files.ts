import { writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HostsEntry, hostsText } from "./proxy/hosts-file.ts";

/** Hosts files: one per deployment, never changed, in a directory of their own that goes away at the end. */
export class HostsFiles {
  readonly #directory: string;
  readonly #region: string;
  /** The file of a place that Service Connect does not run in. */
  readonly plain: string;
  #newest: string;
  #count = 0;

  static async create(region: string): Promise<HostsFiles> {
    const files = new HostsFiles(await mkdtemp(join(tmpdir(), "byname-local-")), region);
    await writeFile(files.plain, hostsText([], region));
    return files;
  }

  private constructor(directory: string, region: string) {
    this.#directory = directory;
    this.#region = region;
    this.plain = join(directory, "hosts");
    this.#newest = this.plain;
  }

  /** The newest deployment's file. */
  get newest(): string {
    return this.#newest;
  }

  /** Writes it at once, so that none is under way when the directory goes. */
  add(entries: readonly HostsEntry[]): string {
    this.#count += 1;
    const path = join(this.#directory, `hosts-${this.#count}`);
    writeFileSync(path, hostsText(entries, this.#region));
    this.#newest = path;
    return path;
  }

  remove(): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true });
  }
}
