import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BynameEvents } from "byname";
import type { Happening, Told } from "./telemetry.ts";

export type Attempt = BynameEvents["byname:attempt"];
export type Eject = BynameEvents["byname:eject"];
/** Hears what byname announced in a process. */
export type OnHappening = (caller: string, happening: Happening) => void;

/** Child: one process of the store, with its telemetry. */
export interface Child {
  readonly process: ChildProcess;
  /** The port that it listens on; rejects when it ends before. */
  readonly listening: Promise<number>;
}

const here = (file: string) => new URL(file, import.meta.url);

/**
 * Starts a file as a process that sees only the environment given: what stands in this one, an AWS profile say,
 * is not in a container either.
 */
export function startChild(name: string, file: string, env: Env, onHappening: OnHappening): Child {
  const child = fork(fileURLToPath(here(file)), {
    env: { ...env, PATH: process.env.PATH, BYNAME_CONFIG: here("./byname.config.json").href },
    // Node 22 warns of what Node 24 takes for granted: TypeScript and SQLite.
    execArgv: ["--disable-warning=ExperimentalWarning", "--import", here("./telemetry.ts").href],
    // Next.js tells things on its standard output that have no place in the table.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<number>();
  listening.catch(() => {});
  child.on("message", (told: Told) => {
    if ("listening" in told) resolve(told.listening);
    else onHappening(name, told);
  });
  const late = () => reject(new Error(`${name} does not listen after ${patience} ms`));
  setTimeout(late, patience).unref();
  child.once("error", reject);
  child.once("exit", (code, signal) => reject(new Error(`${name} ended early (${signal ?? code})`)));
  return { process: child, listening };
}

/** Milliseconds until a process that does not listen counts as failed. */
const patience = 30_000;

export type Env = Readonly<Record<string, string>>;

/** Sends the signal and waits for the end; after five seconds it is SIGKILL. */
export async function endChild(
  { process: child }: Pick<Child, "process">,
  signal: NodeJS.Signals,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  child.kill(signal);
  await ended;
  clearTimeout(timer);
}
