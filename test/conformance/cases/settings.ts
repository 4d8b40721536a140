import { createHash } from "node:crypto";
import type { Case } from "../case.ts";

const caches = ["default", "no-store", "reload", "no-cache", "force-cache"] as const;
const policies = ["", "no-referrer", "origin", "unsafe-url", "same-origin", "strict-origin"] as const;
const served = createHash("sha256").update("served").digest("base64");

/** Settings of fetch, most of which matter more in a browser. */
export const settings: readonly Case[] = [
  ...caches.map((cache) => setting(`cache ${cache}`, { cache })),
  ...(["omit", "same-origin", "include"] as const).map((credentials) =>
    setting(`credentials ${credentials}`, {
      credentials,
      headers: { cookie: "a=1", authorization: "Bearer x" },
    }),
  ),
  ...(["cors", "no-cors", "same-origin"] as const).map((mode) => setting(`mode ${mode}`, { mode }, {})),
  ...(policies.map((referrerPolicy) => ({
    name: `referrer policy ${JSON.stringify(referrerPolicy)}`,
    call: (fetch, at) => fetch(at.orders, { referrer: `${at.users}/page?q=1`, referrerPolicy }),
  })) satisfies Case[]),
  setting("referrer about:client", { referrer: "about:client" }),
  setting("no referrer", { referrer: "" }),
  setting("keepalive", { keepalive: true, method: "POST", body: "kept" }),
  setting("integrity that is right", { integrity: `sha256-${served}` }),
  setting("integrity of which one is right", { integrity: `sha256-AAAA sha256-${served}` }),
  setting("integrity that is wrong", { integrity: "sha256-AAAA" }, { isTypeError: true }),
  setting("integrity of a kind that nobody knows", { integrity: "md5-AAAA" }),
  setting("priority", { priority: "high" } as RequestInit),
  setting("fields that nobody knows", { nobody: "knows" } as RequestInit),
  setting("window null", { window: null } as RequestInit),
  setting("cache only-if-cached", { cache: "only-if-cached" as "default" }, { isTypeError: true }),
  setting("mode navigate", { mode: "navigate" as "cors" }, { isTypeError: true }),
  setting("a window", { window: {} } as unknown as RequestInit, { isTypeError: true }),
  setting("a cache that is none", { cache: "often" as "default" }, { isTypeError: true }),
  setting("credentials that are none", { credentials: "mine" as "omit" }, { isTypeError: true }),
  setting("a redirect that is none", { redirect: "back" as "follow" }, { isTypeError: true }),
  setting("a duplex that is none", { duplex: "full" } as unknown as RequestInit, { isTypeError: true }),
  setting("a referrer that is none", { referrer: "http://[" }, { isTypeError: true }),
  {
    name: "a Request shows them",
    async call(fetch, at) {
      const init: RequestInit = { cache: "no-store", mode: "no-cors", credentials: "omit", keepalive: true };
      const request = new Request(at.orders, init);
      const { status } = await fetch(request);
      const { cache, mode, credentials, keepalive, redirect, destination } = request;
      return { status, cache, mode, credentials, keepalive, redirect, destination };
    },
    shows: { status: 200, cache: "no-store" },
  },
];

function setting(name: string, init: RequestInit, shows?: unknown): Case {
  const one: Case = { name, call: (fetch, at) => fetch(at.orders, init) };
  return shows === undefined ? one : { ...one, shows };
}
