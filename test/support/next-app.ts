import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const next = createRequire(import.meta.url).resolve("next/dist/bin/next");

/**
 * NextApp: a copy of the example with the tests' own pages, and the packages as they would be installed. It lies inside
 * the repository, since Next looks for its own packages in the folders above.
 */
export interface NextApp {
  /** Puts a file in place. */
  write(file: string, text: string): Promise<void>;
  /** Changes a file, as a developer does. */
  edit(file: string, change: (text: string) => string): Promise<void>;
  /** Done when it is built. */
  build(env?: Env): Promise<void>;
  /** Done when it answers. */
  run(command: "start" | "dev", env: Env): Promise<NextServer>;
  /** Ends what runs and removes the copy. */
  close(): Promise<void>;
}

export interface NextServer {
  readonly url: string;
  stop(): Promise<void>;
}

type Env = Readonly<Record<string, string>>;

export async function nextApp(): Promise<NextApp> {
  const apps = join(root, "test/next/.apps");
  await mkdir(apps, { recursive: true });
  const folder = await mkdtemp(join(apps, "app-"));
  await cp(join(root, "examples/next"), folder, { recursive: true, filter: isOfTheApp });
  await cp(join(root, "test/next/app"), join(folder, "app"), { recursive: true });
  await installed("src", join(folder, "node_modules/byname"));
  await installed("packages/next", join(folder, "node_modules/@byname/next"));
  const servers = new Set<Process>();
  const run = (args: readonly string[], env: Env) => {
    const started = new Process(args, folder, env);
    servers.add(started);
    return started;
  };
  return {
    write: (file, text) => writeFile(join(folder, file), text),
    async edit(file, change) {
      await writeFile(join(folder, file), change(await readFile(join(folder, file), "utf8")));
    },
    async build(env = {}) {
      const building = run(["build"], env);
      await building.ended;
      if (building.child.exitCode !== 0) throw new Error(building.printed);
    },
    async run(command, env) {
      const server = run([command, "--port", "0", "--hostname", "127.0.0.1"], env);
      const url = await server.says(/Local: +(\S+).*Ready in/s);
      return Object.assign(server, { url });
    },
    async close() {
      await Promise.all([...servers].map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The example's own server and tests belong to the example; what it has built there is not taken along. */
function isOfTheApp(path: string): boolean {
  return !/\/(main(\.test)?\.ts|README\.md|\.next|node_modules)$/.test(path);
}

async function installed(from: string, to: string): Promise<void> {
  for (const part of ["package.json", "dist"])
    await cp(join(root, from, part), join(to, part), { recursive: true });
}

/** Process: one command of Next's, with the processes that it starts. */
class Process {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  printed = "";
  #onPrinted = () => {};

  constructor(args: readonly string[], folder: string, env: Env) {
    const { NODE_ENV: _, NODE_OPTIONS: __, ...inherited } = process.env;
    this.child = spawn(process.execPath, [next, ...args], {
      cwd: folder,
      env: { ...inherited, ...env, NEXT_TELEMETRY_DISABLED: "1" },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.ended = once(this.child, "close").then(() => this.#onPrinted());
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.printed += text;
        this.#onPrinted();
      });
    }
  }

  /** The first group of what was printed. @throws what was printed when it ends before. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.printed);
      if (found) return found[1]!;
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(this.printed);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onPrinted = resolve;
      await promise;
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null)
      process.kill(-this.child.pid!, "SIGKILL");
    await this.ended;
  }
}
