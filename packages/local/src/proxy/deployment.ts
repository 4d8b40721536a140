import type { Listener } from "../listener.ts";
import {
  type AddressMode,
  blocks,
  blocksFor,
  type Placed,
  placeInRange,
  placeOnLoopback,
} from "./addresses.ts";
import type { Route } from "./route.ts";

/** A deployment: the aliases known when it was made, each with its listener. */
export interface Deployment {
  readonly placed: readonly Placed[];
  readonly listeners: readonly Listener[];
  /** The first block that a later deployment may use. */
  readonly nextBlock: number;
}

export type MakeListener = (placed: Placed) => Listener;

export async function openDeployment(
  mode: AddressMode,
  routes: readonly Route[],
  firstBlock: number,
  make: MakeListener,
): Promise<Deployment> {
  const sorted = [...routes].sort((a, b) =>
    a.alias < b.alias ? -1 : a.alias > b.alias ? 1 : a.port - b.port,
  );
  if (mode === "loopback") {
    const placed = placeOnLoopback(sorted);
    return { placed, listeners: await openAll(placed, make), nextBlock: 0 };
  }
  // Another process on this machine may emulate the same ports: then the next block is taken, as a whole.
  for (let block = firstBlock; ; block += 1) {
    const placed = placeInRange(sorted, block);
    const nextBlock = block + blocksFor(sorted);
    try {
      return { placed, listeners: await openAll(placed, make), nextBlock };
    } catch (error) {
      const isTaken = (error as { cause?: NodeJS.ErrnoException }).cause?.code === "EADDRINUSE";
      if (!isTaken || nextBlock >= blocks) throw error;
    }
  }
}

/** Opens all or none. One that is open already, for an earlier deployment, stays so. */
async function openAll(placed: readonly Placed[], make: MakeListener): Promise<Listener[]> {
  const all: Listener[] = [];
  const fresh: Listener[] = [];
  for (const place of placed) {
    const listener = make(place);
    all.push(listener);
    if (!listener.isOpen) fresh.push(listener);
    try {
      await listener.open();
    } catch (error) {
      await Promise.all(fresh.map((one) => one.close()));
      throw explained(place, error as NodeJS.ErrnoException);
    }
  }
  return all;
}

function explained({ route, address }: Placed, cause: NodeJS.ErrnoException): Error {
  const what = `alias "${route.alias}" of service "${route.key}" cannot have ${address} port ${route.port}`;
  return new Error(`${what}: ${advice(cause.code, route.port)}`, { cause });
}

function advice(code: string | undefined, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `something listens there, perhaps on all addresses of this machine; stop it, or give serviceConnect.port another value than ${port}`;
    case "EACCES":
      return `ports below 1024 need privileges here; give serviceConnect.port a value from 1024 up`;
    default:
      return String(code);
  }
}
