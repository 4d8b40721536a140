import { ConfigError } from "./ground/errors.ts";

/**
 * Reads a config file at once, whatever its kind: Node can `require` ES modules, and TypeScript by leaving out its types.
 * @throws ConfigError where the file is missing, cannot be run, or waits at its top level.
 */
export function readConfigFile(path: string | URL): unknown {
  // Loaded here, since most programs have no config file and pay for the import.
  const { createRequire } = process.getBuiltinModule("node:module");
  const { resolve } = process.getBuiltinModule("node:path");
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const isUrl = path instanceof URL || path.startsWith("file:");
  const file = isUrl ? fileURLToPath(path) : resolve(path);
  try {
    const loaded = createRequire(file)(file);
    return loaded?.default ?? loaded;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason =
      code === "MODULE_NOT_FOUND"
        ? "a file that exists"
        : code === "ERR_REQUIRE_ASYNC_MODULE"
          ? "a module without `await` at its top level"
          : `a file that loads (${message})`;
    throw new ConfigError("config", file, reason, { cause });
  }
}
