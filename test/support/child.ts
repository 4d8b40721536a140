import { execFile } from "node:child_process";

/** What a test says to `import` in a child process. */
export const bynameModule = JSON.stringify(new URL("../../src/index.ts", import.meta.url).href);

const root = new URL("../../", import.meta.url);

/**
 * Runs a module in a process of its own, for what a process has only one of.
 * @returns what it printed as JSON, one value a line.
 */
export function inChild(
  code: string,
  env: Readonly<Record<string, string>> = {},
  node: string = process.execPath,
): Promise<unknown[]> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      node,
      ["--input-type=module", "--eval", code],
      { cwd: root, env: { ...inherited, ...env }, timeout: 50_000 },
      (error, stdout, stderr) => {
        if (error) return reject(new Error(`${error.message}\n${stderr}`));
        const lines = stdout.split("\n").filter((line) => line !== "");
        resolve(lines.map((line) => JSON.parse(line)));
      },
    );
  });
}

/** Code that makes `byname`, with `orders` at this port of this machine. */
export function bynameCode(port: number, name = "byname"): string {
  const endpoint = `{ address: "127.0.0.1", port: ${port} }`;
  return `
    import { createByname as create_${name} } from ${bynameModule};
    const ${name} = create_${name}({
      services: { orders: {} },
      allow: ["127.0.0.0/8"],
      sources: [{ name: "fake", lookup: () => ({ kind: "endpoints", ttl: 60000, endpoints: [${endpoint}] }) }],
    });
  `;
}

/** Code that prints a value for the parent. */
export const printCode = `const print = (value) => console.log(JSON.stringify(value));`;
