import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createByname } from "../../src/index.ts";
import { startBackend } from "../support/backend.ts";
import { configFile, run, start } from "./command.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../../packages/cli/package.json", import.meta.url), "utf8"),
) as { version: string };
const commands = ["resolve", "doctor", "trace", "local", "completion"];

describe("usage", { timeout: 60_000 }, () => {
  it("tells its version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: `${version}\n`, error: "" });
  });

  it("lists the commands, and does so too where none is named", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    for (const name of commands) expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
    const bare = await run([]);
    expect([bare.code, bare.error]).toEqual([2, out]);
  });

  it.each(commands)("helps with examples: %s", async (name) => {
    const { code, out } = await run([name, "--help"]);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}\$ (byname|source)/);
  });

  it.each([
    [["reslve", "orders"], "byname: unknown command 'reslve' (Did you mean resolve?); see byname --help\n"],
    [
      ["resolve", "orders", "--wtch"],
      "byname: unknown option '--wtch' (Did you mean --watch?); see byname --help\n",
    ],
    [["resolve"], "byname: missing required argument 'service'; see byname --help\n"],
    [["doctor", "a", "b"], /^byname: too many arguments.*\n$/],
    [
      ["resolve", "orders", "-s", "dsn"],
      'byname: --source: got "dsn"; write one of serviceConnect, dns, cloudMap, fixed\n',
    ],
    [["resolve", "no spaces"], /^byname: .*got "no spaces"; write .*\n$/],
    [["doctor", "--config", "nowhere.json"], /^byname: BYNAME_CONFIG: got .*; write a file that exists\n$/],
    [
      ["trace", "-X", "B AD", "http://orders/"],
      'byname: --method: got "B AD"; write one such as GET or POST\n',
    ],
    [["trace", "-H", "a: \u0001", "http://orders/"], 'byname: --header: write it as "name: value"\n'],
    [["completion", "tcsh"], 'byname: completion: got "tcsh"; write one of bash, zsh, fish\n'],
    [["local", "--seed", "--config", "x.json"], "byname: local: write either --seed or --config, not both\n"],
    [["local", "--seed"], /^byname: --seed: there is no catalog; name its file.*\n$/],
  ])("refuses %j in one line and with code 2", async (args, line) => {
    const { code, out, error } = await run(args);
    expect([code, out]).toEqual([2, ""]);
    if (typeof line === "string") expect(error).toBe(line);
    else expect(error).toMatch(line);
  });
});

describe("completion", { timeout: 60_000 }, () => {
  it.each([
    [["res"], ["resolve"]],
    [["resolve", "--w"], ["--watch"]],
    [["resolve", "orders", "--source", "d"], ["dns"]],
    [["doctor", "--v"], ["--verbose"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish", "--help"],
    ],
    [["completion", "b"], ["bash"]],
  ])("completes %j in bash", async (words, expected) => {
    const { out } = await run(["completion", "bash"]);
    const all = ["byname", ...words].map((word) => `'${word}'`).join(" ");
    const script = `${out}\nCOMP_WORDS=(${all}); COMP_CWORD=${words.length}; _byname; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)("bash", ["-c", script]);
    expect(stdout.trim().split(" ")).toEqual(expected);
  });

  it("knows the same words for zsh and fish", async () => {
    const zsh = await run(["completion", "zsh"]);
    expect(zsh.out).toMatch(/^#compdef byname\n.*bashcompinit.*complete -F _byname byname\n$/s);
    const fish = await run(["completion", "fish"]);
    expect(fish.out).toContain("complete -c byname -f -n __fish_use_subcommand -a doctor -d ");
    expect(fish.out).toContain("complete -c byname -f -n '__fish_seen_subcommand_from completion' -a zsh\n");
    expect(fish.out).toContain(
      "__fish_seen_subcommand_from resolve' -l source -s s -x -a 'serviceConnect dns",
    );
  });
});

describe("local", { timeout: 60_000 }, () => {
  /** Starts it and reads its environment, up to the last variable. */
  async function running(args: readonly string[]) {
    const child = start(["local", ...args]);
    const env: Record<string, string> = {};
    for await (const line of createInterface({ input: child.stdout! })) {
      const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
      if (name) env[name] = value!;
      if (name === "ECS_CONTAINER_METADATA_URI_V4") break;
    }
    const end = async () => {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      return ended;
    };
    return { env, end };
  }

  it("is what byname-local is, and ends cleanly by Ctrl-C", async () => {
    await using task = await startBackend();
    const { env, end } = await running(["--service", `orders=${task.port}`]);
    await using byname = createByname({ services: { orders: {} } }, { env });
    expect((await byname.resolve("orders")).endpoints[0]!.port).toBe(task.port);
    expect(await end()).toEqual([0, null]);
    expect(existsSync(env.BYNAME_HOSTS_FILE!)).toBe(false);
  });

  it("sets up what the catalog names", async () => {
    await using task = await startBackend("hello");
    const services = {
      orders: { port: 8080, containerPort: task.port, alias: "orders-alias", discoveryName: "orders-http" },
      users: { namespace: "people.local" },
    };
    await using file = await configFile({ namespace: "sd.local", services });
    const { env, end } = await running(["--seed", file.path]);
    await using byname = createByname({ config: file.path }, { env });
    const response = await byname.fetch("http://orders/");
    expect(await response.text()).toBe("hello");
    expect((await byname.resolve("orders")).source).toBe("serviceConnect");
    await expect(byname.resolve("users")).rejects.toMatchObject({ code: "BYNAME_NO_ENDPOINTS" });
    expect(await end()).toEqual([0, null]);
  });

  it("says what byname-local says of an option that it cannot use", async () => {
    const { code, error } = await run(["local", "--servce", "orders=3000"]);
    expect([code, error]).toEqual([2, "byname local: Unknown option '--servce'\n"]);
  });
});
