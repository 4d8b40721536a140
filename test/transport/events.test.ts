import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BynameEvents } from "../../src/index.ts";
import { deafPort, loopback } from "../support/loopback.ts";
import { bynameAt, rejection, transports } from "../support/transports.ts";

type AttemptEvent = BynameEvents["byname:attempt"];

const seen: AttemptEvent[] = [];
const note = (message: unknown) => void seen.push(message as AttemptEvent);

beforeEach(() => {
  seen.length = 0;
  subscribe("byname:attempt", note);
});
afterEach(() => void unsubscribe("byname:attempt", note));

describe.each(transports)("the event of an attempt by $name", (transport) => {
  test("tells its endpoint and status once, without the query string", async () => {
    await using server = await loopback((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.writeHead(404).end("not here");
    });
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    await (await call("http://orders/a/b?token=secret#part", { method: "DELETE" })).text();
    expect(seen).toEqual([
      {
        service: "orders",
        source: "fake",
        stale: false,
        endpoint: { address: "127.0.0.1", port: server.port },
        method: "DELETE",
        path: "/a/b",
        resent: 0,
        crossZone: false,
        status: 404,
        ms: expect.any(Number),
      },
    ]);
  });

  test("tells what failed, without the query string", async () => {
    const port = await deafPort();
    await using byname = bynameAt({ address: "127.0.0.1", port });
    const call = await transport.of(byname);
    await rejection(call("http://orders/a?token=secret"));
    const failed = { method: "GET", path: "/a", endpoint: { port }, error: "ECONNREFUSED" };
    expect(seen).toMatchObject([0, 1, 2].map((resent) => ({ ...failed, resent })));
    expect(seen[0]).not.toHaveProperty("status");
    expect(JSON.stringify(seen)).not.toContain("secret");
  });

  test("does not come for what is no service's", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    await (await call(`http://127.0.0.1:${server.port}/`)).text();
    expect(seen).toEqual([]);
  });
});
