import { readFile } from "node:fs/promises";
import type { Answer, FoundEndpoint, Source } from "byname";

/**
 * A source of one's own: addresses in a JSON file, such as `{"orders": ["10.0.0.7:8080"]}`.
 *
 * byname asks it for one service at a time, remembers what it says for `ttl` milliseconds, goes on to the next source
 * on every other answer, leaves it out for a while after `unavailable`, and comes back to it by itself.
 */
export function fileSource(path: string): Source {
  return {
    name: "file",
    // The addresses are our own, so loopback is fine. Left out, byname refuses addresses that no service should have.
    trusted: true,
    async lookup({ service }, signal): Promise<Answer> {
      let known: Record<string, string[]>;
      try {
        known = JSON.parse(await readFile(path, { encoding: "utf8", signal }));
      } catch (error) {
        // The message of a system error or of JSON.parse tells enough, and holds no secret.
        return { kind: "unavailable", detail: `${path}: ${(error as Error).message}` };
      }
      const addresses = Object.hasOwn(known, service.name) ? known[service.name] : undefined;
      if (!addresses) return { kind: "notFound", detail: `${path} does not know ${service.name}` };
      if (addresses.length === 0)
        return { kind: "empty", detail: `${path} has no address of ${service.name}` };
      return { kind: "endpoints", endpoints: addresses.map(endpoint), ttl: 1_000 };
    },
  };
}

function endpoint(text: string): FoundEndpoint {
  const [, inBrackets, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = inBrackets ?? plain ?? text;
  // Without a port here, the catalog's or the scheme's is taken.
  return port === undefined ? { address } : { address, port: Number(port) };
}
