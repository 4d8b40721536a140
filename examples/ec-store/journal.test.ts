import { beforeEach, describe, expect, it } from "vitest";
import type { Attempt } from "./child.ts";
import { type Call, Journal } from "./journal.ts";

let now = 0;
let shown: Call[];
let journal: Journal;

beforeEach(() => {
  shown = [];
  journal = new Journal(
    (call) => shown.push(call),
    () => now,
  );
});

describe("what is shown", () => {
  it("is the first call of its kind", () => {
    journal.add("storefront", attempt());
    journal.add("storefront", attempt({ ms: 3 }));
    journal.add("renewals", attempt({ source: "dns" }));
    expect(shown).toEqual([
      { caller: "storefront", service: "orders", way: "serviceConnect", endpoint: "127.255.0.1:80", ms: 2 },
      { caller: "renewals", service: "orders", way: "dns", endpoint: "127.255.0.1:80", ms: 2 },
    ]);
  });

  it("is a failure next to a success, and everything anew after a turn", () => {
    journal.add("storefront", attempt());
    journal.add("storefront", attempt({ error: "ECONNREFUSED" }));
    journal.turn();
    journal.add("storefront", attempt());
    expect(shown.map(({ error }) => error)).toEqual([undefined, "ECONNREFUSED", undefined]);
  });
});

describe("an answer past its lifetime", () => {
  it("is the same way while it may only be about to be renewed", () => {
    journal.add("renewals", attempt({ source: "dns", stale: true }));
    now += 1_000;
    journal.add("renewals", attempt({ source: "dns", stale: true }));
    expect(shown.map(({ way }) => way)).toEqual(["dns"]);
  });

  it("is no matter where it comes from the hosts file", () => {
    for (now of [0, 2_000]) journal.add("storefront", attempt({ stale: true }));
    expect([...journal.calls.get("storefront")!]).toEqual([["serviceConnect", 2]]);
  });

  it("counts as kept when nothing newer came for long", () => {
    journal.add("renewals", attempt({ source: "dns", stale: true }));
    now += 2_000;
    journal.add("renewals", attempt({ source: "dns", stale: true }));
    journal.add("renewals", attempt({ source: "dns" }));
    journal.add("renewals", attempt({ source: "dns", stale: true }));
    expect([...journal.calls.get("renewals")!]).toEqual([
      ["dns", 3],
      ["dns, kept", 1],
    ]);
  });
});

describe("waiting for ways", () => {
  const never = new AbortController().signal;

  it("is over when each caller has taken its own since the turn", async () => {
    journal.add("orders", attempt({ source: "dns" }));
    journal.turn();
    const seen = journal.seen({ storefront: "dns", orders: "dns" }, never);
    journal.add("storefront", attempt({ source: "dns" }));
    journal.add("orders", attempt({ source: "dns" }));
    expect(await seen).toEqual([]);
  });

  it("tells who is missing when it is ended; a failed attempt is not enough", async () => {
    const end = new AbortController();
    const seen = journal.seen({ storefront: "dns" }, end.signal);
    journal.add("storefront", attempt({ source: "dns", error: "ECONNREFUSED" }));
    end.abort();
    expect(await seen).toEqual(["storefront by dns"]);
  });
});

function attempt(difference: Partial<Attempt> = {}): Attempt {
  const endpoint = { address: "127.255.0.1", port: 80 };
  const usual = { service: "orders", source: "serviceConnect", stale: false, endpoint };
  return { ...usual, method: "GET", path: "/", ms: 2, ...difference } as Attempt;
}
