import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** TaskProcess: a task of a service in a process of its own, which can die. */
export interface TaskProcess extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** The targets of the requests it saw, in order. */
  readonly seen: readonly string[];
  /** Resolves when it is gone and everything that it saw is known. */
  kill(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** @param port 0 for a free one. */
export async function startTask(port = 0): Promise<TaskProcess> {
  const child = spawnTyped("task-main.ts", [String(port)]);
  const lines = createInterface(child.stdout!);
  const gone = Promise.all([once(child, "exit"), once(lines, "close")]);
  const [first] = (await once(lines, "line")) as [string];
  const seen: string[] = [];
  lines.on("line", (line) => seen.push(line));
  const kill = async (signal: "SIGTERM" | "SIGKILL") => {
    child.kill(signal);
    await gone;
  };
  return {
    address: "127.0.0.1",
    port: Number(first),
    seen,
    kill,
    [Symbol.asyncDispose]: () => kill("SIGKILL"),
  };
}

/** Runs a file of this folder in a process of its own. What it says to stderr is shown. */
export function spawnTyped(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn(process.execPath, [path, ...args], {
    env: { ...inherited, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
}
