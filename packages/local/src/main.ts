#!/usr/bin/env node
import { help, readArguments } from "./arguments.ts";
import { type Local, startLocal } from "./local.ts";

/** The command `byname-local`. */
async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(help);
    return;
  }
  const local = await startLocal(options);
  // Not once: under npm a Ctrl-C arrives twice, from the terminal and from npm.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void local.close());
  process.stdout.write(described(local));
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

try {
  await main();
} catch (error) {
  const [line] = (error as Error).message.split("\n");
  process.stderr.write(`byname-local: ${line}\n`);
  process.exitCode = 2;
}
