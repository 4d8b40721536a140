import { afterEach, beforeEach, expect, it } from "vitest";
import { type Control, openControl } from "./control.ts";
import { StoreMap } from "./map.ts";
import { partsOf } from "./parts.ts";
import type { Store } from "./store.ts";

let map: StoreMap;
let control: Control;
let done: string[];

beforeEach(async () => {
  done = [];
  map = new StoreMap();
  const note = (what: string) => async () => void done.push(what);
  const local = { proxy: { stop: note("proxy stopped"), start: note("proxy started") } };
  control = await openControl(map, partsOf({ local } as unknown as Store, map));
});

afterEach(() => control.close());

it("breaks and mends a part, once, and notes it", async () => {
  for (const isBroken of [true, true, false]) {
    const answer = await ask("/parts/proxy", post({ isBroken }));
    expect(await answer.json()).toEqual({ name: "proxy", isBroken });
  }
  expect(done).toEqual(["proxy stopped", "proxy started"]);
  expect(map.state().events.map(({ text }) => text)).toEqual([
    "Service Connect is mended",
    "Service Connect is broken",
  ]);
});

it("streams what there is at once, and again when a part breaks", async () => {
  const { body, headers } = await ask("/stream");
  expect(headers.get("content-type")).toBe("text/event-stream");
  const seen: boolean[] = [];
  for await (const text of body!.pipeThrough(new TextDecoderStream())) {
    const { parts } = JSON.parse(text.slice("data: ".length).split("\n")[0]!);
    seen.push(parts[0].isBroken);
    if (seen.length === 1) await ask("/parts/proxy", post({ isBroken: true }));
    if (parts[0].isBroken) break;
  }
  expect(seen).toEqual([false, ...Array(seen.length - 2).fill(false), true]);
});

it("knows nobody without the token, and no browser's page", async () => {
  const strange = [
    { authorization: "" },
    { authorization: "Bearer guess" },
    { origin: "http://evil.example" },
  ];
  for (const headers of strange) {
    for (const path of ["/stream", "/orders/1", "/parts/proxy"]) {
      const answer = await ask(path, { method: "POST", body: '{"isBroken":true}', headers });
      expect(answer.status).toBe("origin" in headers ? 403 : 401);
    }
  }
  expect(done).toEqual([]);
});

it("refuses what it does not know", async () => {
  expect((await ask("/parts/moon", post({ isBroken: true }))).status).toBe(404);
  expect((await ask("/parts/proxy", post({ isBroken: "yes" }))).status).toBe(400);
  expect((await ask("/else")).status).toBe(404);
});

function post(body: unknown): RequestInit {
  return { method: "POST", body: JSON.stringify(body) };
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${control.env.STORE_TOKEN}`;
  return fetch(control.env.STORE_CONTROL + path, {
    ...init,
    headers: { authorization, ...(init.headers as Record<string, string>) },
  });
}
