import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { RequestError } from "../../src/index.ts";
import { endpoints } from "../support/fake-source.ts";
import { type Handle, loopback } from "../support/loopback.ts";
import { bynameWith, type Call, sourceAt, transports } from "../support/transports.ts";

const reason = new Error("the user left");

/** A service of which some answers are long, late, cut or never come. */
const moody: Handle = async (request, response) => {
  const [, mood = ""] = request.url!.split("/");
  if (mood === "cut") return request.socket.destroy();
  if (mood === "half") return response.writeHead(200).write("x", () => request.socket.destroy());
  if (mood === "late") for (let i = 0; i < 5; i++) await setImmediate();
  request.resume();
  response.end(mood === "big" ? Buffer.alloc(300_000) : mood);
};

describe.each(transports)("a crowd of calls by $name", (transport) => {
  test.each([1, 2])("leaves nothing under way and no socket, whatever becomes of each (%i)", async (seed) => {
    const random = randomFrom(seed);
    const servers = await Promise.all([loopback(moody), loopback(moody), loopback(moody)]);
    const source = sourceAt(...servers);
    const byname = bynameWith(source, { orders: {}, users: {} });
    const call = await transport.of(byname);
    const outcomes = new Set<string>();
    const calls = Array.from({ length: 100 }, async (_, i) => {
      if (i === 50) source.always = endpoints(1_000, { address: "127.0.0.1", port: servers[0]!.port });
      await turns(random() * 40);
      outcomes.add(await outcome(call, random));
    });
    await Promise.all(calls);
    await byname.close();
    expect([...outcomes].sort()).toEqual(["aborted", "body broke off", "done", "request failed"]);
    if (transport.name === "request") await Promise.all(servers.map((server) => server.deserted()));
    await Promise.all(servers.map((server) => server.close()));
  });
});

async function outcome(call: Call, random: () => number): Promise<string> {
  const mood = ["ok", "late", "big", "cut", "half"][Math.floor(random() * 5)]!;
  const service = random() < 0.5 ? "orders" : "users";
  const abort = new AbortController();
  const body = random() < 0.3 ? { method: "POST", body: "x".repeat(random() * 100_000) } : {};
  const aborting = random() < 0.3 ? turns(random() * 30).then(() => abort.abort(reason)) : undefined;
  let hasHeaders = false;
  try {
    const reply = await call(`http://${service}/${mood}`, { ...body, signal: abort.signal });
    hasHeaders = true;
    await reply.text();
    return "done";
  } catch (error) {
    if (error === reason) return "aborted";
    if (hasHeaders) return "body broke off";
    const cause = error instanceof RequestError ? error : (error as Error).cause;
    return cause instanceof RequestError ? "request failed" : `unexpected: ${error}`;
  } finally {
    await aborting;
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

/** Numbers from 0 to 1, the same ones for the same seed (Lehmer's generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
