import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, describe, expect, test } from "vitest";
import { type Byname, createByname } from "../../src/byname.ts";
import { dispatcherAt, setDispatcherAt, slots } from "../../src/transport/global-dispatcher.ts";
import { type Loopback, loopback } from "../support/loopback.ts";
import { bynameWith, rejection, sourceAt } from "../support/transports.ts";

void globalThis.Request;
const [slot] = slots;
const original = dispatcherAt(slot)!;

// Other tests of this file start from what Node itself set.
afterEach(() => setDispatcherAt(slot, original));

describe("install", () => {
  test("makes plain fetch know the services until it is taken back", async () => {
    await using server = await loopback((_, response) => response.end("known"));
    await using byname = installable(server, "orders");
    const plain = globalThis.fetch;
    const uninstall = await byname.install();
    expect(globalThis.fetch).toBe(plain);
    expect(await knows("orders")).toBe(true);
    uninstall();
    expect(await knows("orders")).toBe(false);
    expect(dispatcherAt(slot)).toBe(original);
  });

  test("changes nothing when it is called again", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = installable(server, "orders");
    const [first, second] = await Promise.all([byname.install(), byname.install()]);
    const front = dispatcherAt(slot);
    const third = await byname.install();
    expect(dispatcherAt(slot)).toBe(front);
    expect([second, third]).toEqual([first, first]);
    expect(await knows("orders")).toBe(true);
    expect(server.seen).toHaveLength(1);
    first();
    expect(dispatcherAt(slot)).toBe(original);
  });

  test("can be done again after it was taken back", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = installable(server, "orders");
    (await byname.install())();
    await byname.install();
    expect(await knows("orders")).toBe(true);
  });

  test.each([
    ["first in, first out", ["orders", "users"]],
    ["last in, first out", ["users", "orders"]],
  ])("of two instances can be taken back %s", async (_, order) => {
    await using server = await loopback((_, response) => response.end());
    await using orders = installable(server, "orders");
    await using users = installable(server, "users");
    const undo: Record<string, () => void> = {
      orders: await orders.install(),
      users: await users.install(),
    };
    expect([await knows("orders"), await knows("users")]).toEqual([true, true]);
    undo[order[0]!]!();
    expect([await knows(order[0]!), await knows(order[1]!)]).toEqual([false, true]);
    undo[order[1]!]!();
    expect([await knows("orders"), await knows("users")]).toEqual([false, false]);
    expect(dispatcherAt(slot)).toBe(original);
  });

  test("leaves alone what someone else has put in its place", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = installable(server, "orders");
    const uninstall = await byname.install();
    const front = dispatcherAt(slot)!;
    let passed = 0;
    const others: typeof front = {
      dispatch(options, handler) {
        passed += 1;
        return front.dispatch(options, handler);
      },
    };
    setDispatcherAt(slot, others);
    expect(await knows("orders")).toBe(true);
    uninstall();
    expect(dispatcherAt(slot)).toBe(others);
    expect(await knows("orders")).toBe(false);
    expect(await (await fetch(`http://127.0.0.1:${server.port}/`)).text()).toBe("");
    expect(passed).toBe(3);
  });

  test("is taken back by close and by destroy", async () => {
    await using server = await loopback((_, response) => response.end());
    for (const end of ["close", "destroy"] as const) {
      const byname = installable(server, "orders");
      await byname.install();
      expect(await knows("orders")).toBe(true);
      await byname[end]();
      expect(dispatcherAt(slot)).toBe(original);
    }
  });

  test("puts a dispatcher in front that looks like the one behind it", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = installable(server, "orders");
    await byname.install();
    const front = dispatcherAt(slot) as typeof original & { closed: boolean };
    expect(front.constructor).toBe(original.constructor);
    expect(front).toBeInstanceOf(original.constructor);
    expect(front.closed).toBe(false);
  });

  test("does not stop the instance's own fetch from working, nor another's", async () => {
    await using server = await loopback((_, response) => response.end("own"));
    await using byname = installable(server, "orders");
    await using other = installable(server, "orders");
    await byname.install();
    await other.install();
    expect(await (await byname.fetch("http://orders/")).text()).toBe("own");
    expect(await (await other.fetch("http://orders/")).text()).toBe("own");
    expect(server.seen).toHaveLength(2);
  });

  test("leads a call once, also where the fixed address has the name of the service", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = createByname(
      { services: { localhost: { fixed: `http://localhost:${server.port}` } }, sources: ["fixed"] },
      { env: {} },
    );
    await byname.install();
    const attempts: unknown[] = [];
    const note = (message: unknown) => void attempts.push(message);
    subscribe("byname:attempt", note);
    await (await byname.fetch("http://localhost/1")).text();
    await (await fetch("http://localhost/2")).text();
    unsubscribe("byname:attempt", note);
    expect(attempts).toHaveLength(2);
    expect(server.seen).toMatchObject([{ host: "localhost" }, { host: "localhost" }]);
  });

  test("fails with a ClosedError after close", async () => {
    const byname = createByname({}, { env: {} });
    await byname.close();
    expect(await rejection(byname.install())).toMatchObject({ code: "BYNAME_CLOSED" });
  });
});

function installable(server: Loopback, service: string): Byname {
  return bynameWith(sourceAt(server), { [service]: {} });
}

/** Whether plain fetch reaches this service now. */
async function knows(service: string): Promise<boolean> {
  return fetch(`http://${service}/`).then(
    async (response) => {
      await response.text();
      return true;
    },
    () => false,
  );
}
