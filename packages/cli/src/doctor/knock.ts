import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { connects } from "./connects.ts";

/** Knock: whether somebody answers at an HTTP URL, without asking for anything. */
export interface Knock {
  readonly url: URL;
  /** What the host's name leads to; empty where it leads nowhere. */
  readonly addresses: readonly string[];
  /** Why the name leads nowhere. */
  readonly unresolved?: string;
  /** `connected`, or why nobody answered. */
  readonly connection: "connected" | "refused" | "silent" | "unreachable";
  /** The other side's clock minus ours, in milliseconds, where it told. HTTP tells whole seconds. */
  readonly ahead?: number;
}

/** Milliseconds for one answer. */
const limit = 3_000;

export async function knock(url: URL): Promise<Knock> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const found = await addressesOf(host);
  if (typeof found === "string") return { url, addresses: [], unresolved: found, connection: "unreachable" };
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  // By its name: of several addresses one that answers is enough.
  const connection = await connects({ address: host, port }, limit);
  const ahead = connection === "connected" ? await clockAhead(url) : undefined;
  return { url, addresses: found, connection, ...(ahead === undefined ? {} : { ahead }) };
}

/** By getaddrinfo, as AWS's SDK does. */
async function addressesOf(host: string): Promise<string[] | string> {
  if (isIP(host)) return [host];
  try {
    const found = await Promise.race([lookup(host, { all: true }), late()]);
    return found.map(({ address }) => address);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "no answer in time";
  }
}

function late(): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("late")), limit).unref());
}

/** An unsigned request is refused, and the refusal has a date all the same. */
async function clockAhead(url: URL): Promise<number | undefined> {
  try {
    const before = Date.now();
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(limit) });
    await response.body?.cancel();
    const there = Date.parse(response.headers.get("date") ?? "");
    // The date was cut to its second somewhere between the question and the answer.
    return Number.isNaN(there) ? undefined : there + 500 - (before + Date.now()) / 2;
  } catch {
    return undefined;
  }
}
