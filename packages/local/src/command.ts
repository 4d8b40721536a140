import { help, readArguments } from "./arguments.ts";
import { type Local, startLocal } from "./local.ts";

/**
 * The command: starts what its arguments say, prints the environment that leads to it, and ends with a signal. Where the
 * arguments are wrong it says so on stderr, and the process's exit code is 2.
 * @param args as a shell gives them: `["--help"]` lists them.
 * @param name the command's name, before what it says is wrong.
 */
export async function runLocal(args: readonly string[], name = "byname-local"): Promise<void> {
  try {
    await run(args);
  } catch (error) {
    const [line] = (error as Error).message.split("\n");
    process.stderr.write(`${name}: ${line}\n`);
    process.exitCode = 2;
  }
}

async function run(args: readonly string[]): Promise<void> {
  const options = readArguments(args);
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
