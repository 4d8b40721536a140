import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LocalOptions, LocalServiceOptions } from "./options.ts";
import { plainObject, wholeNumber, wrong } from "./wrong.ts";

/** Arguments: what the command was called with, as options for `startLocal`. */
export const help = `byname-local: the AWS side of service discovery on loopback, until it is interrupted.

  --config <file>                 options as a JSON file, in the shape that startLocal takes
  --service <name>=<port>[,...]   a service with instances at these ports of 127.0.0.1; may be repeated
  --namespace <name>              the namespace of services that name none; default sd.local
  --help

It prints the environment for the processes that are to use it, as lines for a shell.
While it runs, a line on stdin breaks and mends a part: dns SERVFAIL, dns mend. The line help lists all.
Service Connect aliases are set in the config file: services.<name>.serviceConnect.port.
`;

/** The options, or "help" where that was asked for. Throws where something cannot be used. */
export function readArguments(args: readonly string[]): LocalOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string" },
      service: { type: "string", multiple: true },
      namespace: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return "help";
  const file = values.config === undefined ? {} : readConfig(values.config);
  const services = (values.service ?? []).map(readService);
  return {
    ...file,
    ...(values.namespace !== undefined && { namespace: values.namespace }),
    ...(services.length > 0 && { services: { ...file.services, ...Object.fromEntries(services) } }),
  };
}

function readConfig(path: string): LocalOptions {
  try {
    return plainObject(path, JSON.parse(readFileSync(path, "utf8")), '{ "services": {} }');
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`--config ${path}: not JSON: ${error.message}`);
    throw error;
  }
}

function readService(text: string): [string, LocalServiceOptions] {
  const match = /^([^=]+)=([\d,]+)$/.exec(text);
  if (!match) throw wrong("--service", text, "orders=3000 or orders=3000,3001");
  const ports = match[2]!
    .split(",")
    .map((port) => wholeNumber(`--service ${match[1]}`, Number(port), 1, 65_535));
  return [match[1]!, { instances: ports.map((port) => ({ port })) }];
}
