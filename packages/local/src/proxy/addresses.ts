import { createServer } from "node:net";
import { listening } from "../listener.ts";
import { wrong } from "../wrong.ts";
import type { Route } from "./route.ts";

/**
 * Addresses of aliases. `range`: an address of its own for each alias in 127.255.0.0/16, as in a task; Linux lets
 * anybody bind those. `loopback`: all on 127.0.0.1 and told apart by port, where only that address can be bound.
 */
export type AddressMode = "range" | "loopback";

export interface Placed {
  readonly route: Route;
  readonly address: string;
  readonly index: number;
}

/** A deployment's addresses begin at a multiple of 256. There are so many beginnings. */
export const blocks = 256;
const perBlock = 254;

/** Finds out what this machine lets us bind. */
export async function detectMode(): Promise<AddressMode> {
  const server = createServer();
  try {
    await listening(server, "127.255.0.1", 0);
    await new Promise((resolve) => server.close(resolve));
    return "range";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRNOTAVAIL") return "loopback";
    throw error;
  }
}

/** One address per alias, dense and in alphabetical order, from the beginning of a block. */
export function placeInRange(routes: readonly Route[], block: number): Placed[] {
  const aliases = aliasesOf(routes);
  return routes.map((route) => {
    const at = aliases.indexOf(route.alias);
    const address = `127.255.${(block + Math.floor(at / perBlock)) % blocks}.${(at % perBlock) + 1}`;
    return { route, address, index: at + 1 };
  });
}

/** How many blocks a deployment of these routes takes. */
export function blocksFor(routes: readonly Route[]): number {
  return Math.max(1, Math.ceil(aliasesOf(routes).length / perBlock));
}

export function placeOnLoopback(routes: readonly Route[]): Placed[] {
  const aliases = aliasesOf(routes);
  const ports = new Map<number, string>();
  return routes.map((route) => {
    const other = ports.get(route.port);
    if (other !== undefined) {
      throw wrong(
        `services.${route.key}.serviceConnect.port`,
        route.port,
        `another port: alias "${other}" has it, and on this machine all aliases share 127.0.0.1`,
      );
    }
    ports.set(route.port, route.alias);
    return { route, address: "127.0.0.1", index: aliases.indexOf(route.alias) + 1 };
  });
}

function aliasesOf(routes: readonly Route[]): string[] {
  return [...new Set(routes.map(({ alias }) => alias))].sort();
}
