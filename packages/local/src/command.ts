import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { help, readArguments } from "./arguments.ts";
import { type Local, startLocal } from "./local.ts";
import { switchesOf } from "./switches.ts";

/**
 * The command: starts what its arguments say, prints the environment that leads to it, obeys the switches on stdin, and
 * ends with a signal. Where the arguments are wrong it says so on stderr, and the process's exit code is 2.
 * @param args as a shell gives them: `["--help"]` lists them.
 * @param name the command's name, before what it says is wrong.
 */
export async function runLocal(args: readonly string[], name = "byname-local"): Promise<void> {
  try {
    await run(args, name);
  } catch (error) {
    complain(name, error);
    process.exitCode = 2;
  }
}

async function run(args: readonly string[], name: string): Promise<void> {
  const options = readArguments(args);
  if (options === "help") {
    process.stdout.write(help);
    return;
  }
  const local = await startLocal(options);
  const over = new AbortController();
  // Every part may be off, and stdin at its end: only a signal ends the command.
  const staying = setInterval(() => {}, 2 ** 30);
  const end = () => {
    clearInterval(staying);
    over.abort();
    void local.close();
  };
  // Not once: under npm a Ctrl-C arrives twice, from the terminal and from npm.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  process.stdout.write(described(local));
  listen(local, name, over.signal);
}

function complain(name: string, error: unknown): void {
  const [line] = (error as Error).message.split("\n");
  process.stderr.write(`${name}: ${line}\n`);
}

/**
 * Obeys the lines of stdin until they end. Whoever reads from a terminal in the background is stopped (SIGTTIN), so
 * that a command started with `&` leaves it alone, and one that is moved there stops reading.
 */
function listen(local: Local, name: string, over: AbortSignal): void {
  const { stdin } = process;
  let isReading = false;
  const attend = () => {
    if (over.aborted) return;
    if (stdin.isTTY && isInBackground()) {
      if (isReading) stdin.pause();
    } else if (isReading) stdin.resume();
    else {
      isReading = true;
      // A stdin that breaks is at its end.
      obey(local, name, over).catch(() => {});
    }
  };
  attend();
  process.on("SIGCONT", attend);
}

async function obey(local: Local, name: string, over: AbortSignal): Promise<void> {
  const turn = switchesOf(local);
  for await (const line of createInterface({ input: process.stdin, signal: over })) {
    // What is switched on now is refused, and nobody needs to hear that.
    if (over.aborted) return;
    try {
      process.stderr.write(await turn(line));
    } catch (error) {
      complain(name, error);
    }
  }
}

/** Whether another process group has the terminal. Where nobody can tell, it may be so. */
function isInBackground(): boolean {
  if (process.platform === "win32") return false;
  try {
    const [own, foreground] = process.platform === "linux" ? groupsOfProc() : groupsOfPs();
    return own !== foreground;
  } catch {
    return true;
  }
}

/** Fields 5 and 8 of proc_pid_stat(5); the second one, the program's name, may hold spaces. */
function groupsOfProc(): readonly (string | undefined)[] {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)!.split(" ");
  return [fields[2], fields[5]];
}

function groupsOfPs(): readonly (string | undefined)[] {
  const args = ["-o", "pgid=,tpgid=", "-p", String(process.pid)];
  return execFileSync("ps", args, { encoding: "utf8", timeout: 2_000 }).trim().split(/\s+/);
}

/** Lines for a shell: the environment of a task of ECS, and the aliases as comments. */
function described(local: Local): string {
  const variables = Object.entries(local.env()).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const aliases = local.proxy.aliases.map(
    ({ alias, address, port, service }) => `# ${alias}: ${address}:${port}, service ${service}`,
  );
  return `${[...variables, ...aliases].join("\n")}\n`;
}

function quoted(value: string): string {
  return /^[\w./:@,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
