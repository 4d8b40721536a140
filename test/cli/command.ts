import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { programFor } from "../../packages/cli/src/program.ts";
import { plainTerminal } from "../../packages/cli/src/terminal/terminal.ts";

/** The command as it is published, in a process of its own. */
const main = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** A directory without a config file. */
const nowhere = fileURLToPath(new URL(".", import.meta.url));

/** On a machine that is busy with other tests, no source is to be passed over for being slow. */
const patience = { resolve: { hedgeAfter: 4_000 } };
const patient = fileURLToPath(new URL("patient.json", import.meta.url));

/**
 * The machine's own settings stay out: no profile, no EC2 metadata, no catalog, and nothing of the tests' own colours.
 * A variable that is undefined is not set.
 */
function environment(env: Env): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  const none = "/dev/null";
  return {
    PATH,
    HOME,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: none,
    AWS_SHARED_CREDENTIALS_FILE: none,
    COLUMNS: "80",
    BYNAME_CONFIG: patient,
    ...env,
  };
}

/** Started, and not waited for; it ends with the test at the latest. */
export function start(args: readonly string[], env: Env = {}, cwd = nowhere): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], { env: environment(env), cwd });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Runs the command to its end. */
export async function run(args: readonly string[], env: Env = {}, cwd = nowhere): Promise<Ended> {
  const child = start(args, env, cwd);
  const [out, error, [code]] = await Promise.all([
    textOf(child.stdout!),
    textOf(child.stderr!),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, out, error };
}

/** What the command prints as JSON, with its exit code. */
export async function runJson<Printed>(
  args: readonly string[],
  env: Env = {},
): Promise<{ code: number | null; printed: Printed }> {
  const { code, out, error } = await run([...args, "--json"], env);
  if (error !== "") throw new Error(error);
  return { code, printed: JSON.parse(out) as Printed };
}

/**
 * The same from the sources and in this process, which takes a third of the time: for what the command finds, not for
 * how it is started. It takes its turn with others of its kind, since a process has one environment.
 */
export async function printedHere<Printed>(
  args: readonly string[],
  env: Env = {},
): Promise<{ code: number; printed: Printed }> {
  const own = process.env;
  const terminal = plainTerminal(80);
  let code = 0;
  process.env = environment(env);
  try {
    const program = programFor({
      version: "0.0.0",
      terminal,
      env: process.env,
      interrupted: () => new AbortController().signal,
      exit: (given) => {
        code = given;
      },
    });
    await program.exitOverride().parseAsync([...args, "--json"], { from: "user" });
  } finally {
    process.env = own;
  }
  return { code, printed: JSON.parse(terminal.text()) as Printed };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk;
  return text;
}

/** A directory with a config file of this catalog; it goes away at the end of its block. */
export async function configFile(
  config: object,
): Promise<AsyncDisposable & { path: string; directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), "byname-cli-test-"));
  const path = join(directory, "byname.config.json");
  await writeFile(path, JSON.stringify({ ...patience, ...config }));
  return { path, directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}
