import { Argument, Command, Option } from "commander";
import { completion, shells } from "./completion.ts";
import { type Env, type Flags, settingFor } from "./setting.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** What the commands work in. */
export interface Surroundings {
  readonly version: string;
  readonly terminal: Terminal;
  readonly env: Env;
  /** Aborts when the user interrupts. Only asked for by commands that end by it. */
  readonly interrupted: () => AbortSignal;
  /** The exit code, where it is not 0. */
  readonly exit: (code: number) => void;
}

/** Program: the commands, their options and their help. What a command needs is loaded when it runs. */
export function programFor(surroundings: Surroundings): Command {
  const program = new Command("byname")
    .description(
      "Looks into how services are found by name: Service Connect, DNS, Cloud Map, fixed addresses.",
    )
    .version(surroundings.version)
    .helpCommand(false)
    .addHelpText("after", `\nExit codes: 0 fine, 1 a service cannot be called, 2 wrong usage.\n`);
  addResolve(program, surroundings);
  addDoctor(program, surroundings);
  addTrace(program, surroundings);
  addLocal(program, surroundings);
  addCompletion(program, surroundings);
  return program;
}

function addResolve(program: Command, { terminal, env, interrupted, exit }: Surroundings): void {
  const command = program
    .command("resolve <service>")
    .summary("a service's endpoints, and what each source says")
    .description(
      "Shows a service's endpoints, and what every source would say, side by side. Exit code 1 where there is none.",
    )
    .addOption(sourceOption())
    .option("-w, --watch", "draw again at each change, until interrupted")
    .option("--json", "print JSON; with --watch one line for each change");
  withSetting(command).action(async (service: string, options) => {
    const { resolve } = await import("./resolve/resolve.ts");
    exit(await resolve(settingFor(options as Flags, env), service, options, terminal, interrupted));
  });
  examples(command, [
    "byname resolve orders --namespace sd.local",
    "byname resolve orders --source dns",
    "byname resolve orders --watch",
    "byname resolve orders --json | jq -r '.endpoints[].address'",
  ]);
}

/** Not limited to the choices that are shown: a config file may have sources of its own. */
function sourceOption(): Option {
  const option = new Option("-s, --source <source>", "ask this source only");
  option.argChoices = ["serviceConnect", "dns", "cloudMap", "fixed"];
  return option;
}

function addDoctor(program: Command, { terminal, env, exit }: Surroundings): void {
  const command = program
    .command("doctor [service]")
    .summary("what is wrong with finding services from here")
    .description(
      "Looks at everything that finding a service takes, from here: what was seen, what it means, what to change. " +
        "It changes nothing. All of the catalog where no service is named. Exit code 1 where a service cannot be called.",
    )
    .option("-v, --verbose", "show the evidence of what is good, too")
    .option("--json", "print JSON");
  withSetting(command).action(async (service: string | undefined, options) => {
    const { doctor } = await import("./doctor/doctor.ts");
    exit(await doctor(settingFor(options as Flags, env), service, options, terminal));
  });
  examples(command, [
    "byname doctor",
    "byname doctor orders --namespace sd.local --region eu-west-1",
    "byname doctor --json | jq '.findings[] | select(.verdict == \"wrong\")'",
  ]);
}

function addTrace(program: Command, { terminal, env, interrupted, exit }: Surroundings): void {
  const command = program
    .command("trace <url>")
    .summary("one request, drawn as a waterfall")
    .description(
      "Makes one request and draws where its time went: resolution, connecting, TLS, first byte, body, retries.",
    )
    .option("-X, --method <method>", "GET, or POST where there is data")
    .option("-H, --header <header>", 'a header as "name: value"; may be repeated', repeated)
    .option("-d, --data <data>", "the request's body")
    .option("--json", "print JSON");
  withSetting(command).action(async (url: string, options) => {
    const { trace } = await import("./trace/trace.ts");
    exit(await trace(settingFor(options as Flags, env), url, options, terminal, interrupted()));
  });
  examples(command, [
    "byname trace http://orders/v1/orders/42",
    'byname trace http://orders/v1/orders -d \'{"sku":1}\' -H "content-type: application/json"',
    "byname trace http://orders/ --json | jq '.spans[] | [.name, .end - .start]'",
  ]);
}

function addLocal(program: Command, { env }: Surroundings): void {
  const command = program
    .command("local [options...]")
    .summary("the AWS side on loopback, until interrupted")
    .description(
      "Starts the AWS side of service discovery on loopback. Its options are those of byname-local: byname local --help.",
    )
    .option("--seed [file]", "set up what the catalog names, with tasks at their ports of this machine")
    .helpOption(false)
    .allowUnknownOption()
    .action(async (args: string[], { seed }: { seed?: string | true }) => {
      const { local } = await import("./local.ts");
      if (args.includes("--help") || args.includes("-h")) command.outputHelp();
      await local(args, seed, env);
    });
  examples(command, [
    "byname local --service orders=3000,3001",
    "byname local --config local.json",
    "byname local --seed byname.config.json",
  ]);
}

function addCompletion(program: Command, { terminal }: Surroundings): void {
  // Its choices are for completion itself; the refusal is in our own words.
  const shell = new Argument("<shell>");
  shell.argChoices = [...shells];
  const command = program
    .command("completion")
    .addArgument(shell)
    .summary("a script that completes the commands in a shell")
    .description(`Prints a script that completes commands and options in a shell: ${shells.join(", ")}.`)
    .action((shell: string) => terminal.write(completion(program, shell)));
  examples(command, [
    "source <(byname completion bash)",
    "source <(byname completion zsh)",
    "byname completion fish > ~/.config/fish/completions/byname.fish",
  ]);
}

/** Where a command takes the catalog and the settings from. */
function withSetting(command: Command): Command {
  return command
    .option("--config <file>", "config file; default BYNAME_CONFIG, else byname.config.{json,ts,mjs,js} here")
    .option("--namespace <name>", "Cloud Map namespace; default BYNAME_NAMESPACE")
    .option("--region <region>", "AWS region; default AWS_REGION")
    .option("--endpoint <url>", "URL of the Cloud Map API; default AWS_ENDPOINT_URL_SERVICEDISCOVERY");
}

function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function examples(command: Command, lines: readonly string[]): void {
  const text = lines.map((line) => `  $ ${line}`).join("\n");
  command.addHelpText("after", `\nExamples:\n${text}\n`);
}
