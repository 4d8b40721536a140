#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { programFor } from "./program.ts";
import { terminalOf } from "./terminal/terminal.ts";
import { WrongUsage } from "./wrong-usage.ts";

/** The command `byname`. */
async function main(): Promise<void> {
  // Who reads the output may have had enough of it.
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const program = programFor({
    version,
    terminal: terminalOf(process.stdout),
    env: process.env,
    interrupted,
    exit: (code) => {
      process.exitCode = code;
    },
  });
  for (const command of [program, ...program.commands]) quiet(command);
  await program.parseAsync();
}

/** The first Ctrl-C ends what runs in peace; another one ends the process, as it would by itself. */
function interrupted(): AbortSignal {
  const over = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => over.abort());
  return over.signal;
}

/** Errors come here as values. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} });
}

/** In one line: what is wrong, and what to do. */
function complaint(error: unknown): { line: string; code: number } {
  const { message, code = "" } = error as Error & { code?: string };
  const line = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  if (error instanceof CommanderError) {
    return { line: `${line.replace(/\.?$/, "")}; see byname --help`, code: 2 };
  }
  return { line, code: error instanceof WrongUsage || code === "BYNAME_CONFIG" ? 2 : 1 };
}

try {
  await main();
} catch (error) {
  const { line, code } = complaint(error);
  // Help is printed already, also where it stands for a command that is missing.
  const isHelp = error instanceof CommanderError && (error.exitCode === 0 || error.code === "commander.help");
  if (!isHelp) process.stderr.write(`byname: ${line}\n`);
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : code;
}
