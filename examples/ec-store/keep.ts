import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Journal } from "./journal.ts";
import type { Part } from "./parts.ts";
import { replaceAll, type Stage } from "./scenarios.ts";
import { type Store, services } from "./store.ts";
import type { Traffic } from "./traffic.ts";

/**
 * Keep: the store goes on, and what is typed breaks it. Done when `quit` is typed.
 * @throws the signal's reason when it aborts.
 */
export async function keepOpen(
  stage: Stage & Store,
  journal: Journal,
  parts: readonly Part[],
): Promise<string[]> {
  const { print, signal, traffic } = stage;
  const lines = createInterface({ input: process.stdin, signal });
  const beat = setInterval(() => print(state(traffic)), 10_000);
  const commands = commandsOf(stage, parts);
  print(help(stage, parts));
  try {
    for await (const line of lines) {
      if (line.trim() === "quit") return [];
      journal.turn();
      print(await obey(line.trim(), commands));
    }
    // Without a keyboard nothing is typed, and the store goes on all the same.
    if (!signal.aborted) await once(signal, "abort");
    return [];
  } finally {
    clearInterval(beat);
    lines.close();
  }
}

type Commands = Readonly<Record<string, () => unknown>>;

function commandsOf(stage: Stage & Store, parts: readonly Part[]): Commands {
  const switches = parts.flatMap((part) => [
    [`${part.name} off`, () => part.set(true)],
    [`${part.name} on`, () => part.set(false)],
  ]);
  return {
    ...Object.fromEntries(switches),
    replace: () => replaceAll(stage),
    help: () => stage.print(help(stage, parts)),
  };
}

async function obey(line: string, commands: Commands): Promise<string> {
  const command = Object.hasOwn(commands, line) ? commands[line] : undefined;
  if (!command) return `  One of: ${Object.keys(commands).join(", ")}, quit.`;
  await command();
  return `  ${line}: done`;
}

function state({ count }: Traffic): string {
  return `  ${count.placed} orders placed, ${count.lost.length} lost`;
}

function help({ local, fleet, renewals }: Store, parts: readonly Part[]): string {
  const [storefront] = fleet.tasks("storefront");
  const alias = local.proxy.aliases.find(({ service }) => service === "products")!;
  const address = `http://127.0.0.1:${storefront!.port}`;
  const [host, port] = local.dns.address.split(":");
  const pids = services.map((service) => {
    const tasks = fleet.tasks(service);
    return `    ${service.padEnd(16)} ${tasks.map(({ pid }) => pid).join(" ")}`;
  });
  return `
  To look around, in a browser:
    ${address}
    ${address}/map                         # who calls whom, by which way; and buttons that break it
  and in another terminal:
    curl ${address}/home/ada
    curl -X PUT ${address}/checkout/mine -d '{"user":"ada","sku":"mug","quantity":3}'
    curl http://${alias.address}:${alias.port}/products           # as a task does, through the proxy
    dig @${host} -p ${port} +short SRV orders.store.local       # as the function does
    cat ${local.hostsFile}
    Cloud Map API: ${local.api.url}

  To break it, type one of ${parts.map(({ name }) => name).join(", ")}, with off or on; or replace, help, quit
  or kill -9 a process; the fleet puts it back:
${pids.join("\n")}
    ${"renewals".padEnd(16)} ${renewals.pid ?? "-"} (the Lambda function)
`;
}
