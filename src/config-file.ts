import { briefly, ConfigError } from "./ground/errors.ts";

/**
 * Reads a config file at once, whatever its kind: Node can `require` ES modules, and TypeScript by leaving out its types.
 * @param where who named the file: the option `config`, or an environment variable.
 * @throws ConfigError where the file is missing, cannot be run, or waits at its top level.
 */
export function readConfigFile(path: string | URL, where = "config"): unknown {
  // Loaded here, since most programs have no config file and pay for the import.
  const { createRequire } = process.getBuiltinModule("node:module");
  const { existsSync } = process.getBuiltinModule("node:fs");
  const file = pathOf(path, where);
  if (!existsSync(file)) throw new ConfigError(where, file, "a file that exists");
  try {
    const loaded = createRequire(file)(file);
    return loaded?.default ?? loaded;
  } catch (cause) {
    const waits = (cause as NodeJS.ErrnoException | undefined)?.code === "ERR_REQUIRE_ASYNC_MODULE";
    const expected = waits
      ? "a module without `await` at its top level"
      : `a file that loads (${firstLine(cause)})`;
    throw new ConfigError(where, file, expected, { cause });
  }
}

function pathOf(path: string | URL, where: string): string {
  if (typeof path === "string" && !path.startsWith("file:"))
    return process.getBuiltinModule("node:path").resolve(path);
  try {
    return process.getBuiltinModule("node:url").fileURLToPath(path);
  } catch (cause) {
    throw new ConfigError(where, String(path), "a path or a file URL", { cause });
  }
}

/** The message says more than the code here: which module is missing, what the parser did not like. */
function firstLine(cause: unknown): string {
  return briefly(cause instanceof Error ? cause.message : cause);
}
