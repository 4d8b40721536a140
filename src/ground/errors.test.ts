import { describe, expect, test, vi } from "vitest";
import {
  BynameError,
  briefly,
  ClosedError,
  ConfigError,
  NoEndpointsError,
  RequestError,
  ResolveError,
  ServiceNotFoundError,
} from "./errors.ts";

const told = {
  service: "orders",
  attempts: [{ source: "dns", answer: "notFound" as const, detail: "A orders.sd.local: NXDOMAIN", ms: 3 }],
  hint: "Check the namespace",
};
const at = { address: "10.0.0.7", port: 8080 };
const tried = { source: "dns", endpoint: at, error: "ECONNREFUSED", ms: 2 };

describe("instanceof", () => {
  const errors: [string, BynameError, string, string[]][] = [
    ["ConfigError", new ConfigError("port", 0, "a port"), "BYNAME_CONFIG", []],
    ["ResolveError", new ResolveError(told), "BYNAME_RESOLVE", []],
    ["ServiceNotFoundError", new ServiceNotFoundError(told), "BYNAME_SERVICE_NOT_FOUND", ["ResolveError"]],
    ["NoEndpointsError", new NoEndpointsError(told), "BYNAME_NO_ENDPOINTS", ["ResolveError"]],
    ["RequestError", new RequestError("orders", [tried], new Error("x")), "BYNAME_REQUEST", []],
    ["ClosedError", new ClosedError(), "BYNAME_CLOSED", []],
  ];

  test.each(errors)(
    "recognises a %s, also of another copy of the package",
    async (name, error, code, also) => {
      const copy = await anotherCopy();
      for (const kinds of [{ ...all }, copy]) {
        const recognised = Object.keys(all).filter(
          (kind) => error instanceof kinds[kind as keyof typeof all],
        );
        expect(recognised.sort()).toEqual(["BynameError", name, ...also].sort());
      }
      expect(error).toMatchObject({ name, code });
      expect(error).toBeInstanceOf(Error);
    },
  );

  test.each([undefined, null, 7, "x", {}, new Error("x"), { name: "ConfigError", code: "BYNAME_CONFIG" }])(
    "does not take %j for one of ours",
    (value) => {
      expect(value instanceof BynameError).toBe(false);
    },
  );

  test("a class that a user derives knows only its own errors", () => {
    class OwnError extends ClosedError {}
    expect(new OwnError()).toBeInstanceOf(OwnError);
    expect(new OwnError()).toBeInstanceOf(ClosedError);
    expect(new ClosedError() instanceof OwnError).toBe(false);
  });
});

describe("what errors say", () => {
  test("a ResolveError tells what each source said, and the hint", () => {
    const error = new ServiceNotFoundError(told);
    expect(error.message).toBe(
      'no source knows "orders" (dns: A orders.sd.local: NXDOMAIN). Check the namespace',
    );
    expect(error).toMatchObject(told);
  });

  test("a RequestError tells the endpoint of its last attempt, and carries the transport's error", () => {
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const error = new RequestError("orders", [{ ...tried, endpoint: { ...at, port: 1 } }, tried], cause);
    expect(error.message).toBe("orders at 10.0.0.7 port 8080 (by dns): ECONNREFUSED");
    expect(error).toMatchObject({ service: "orders", endpoint: at, cause });
    expect(error.attempts).toHaveLength(2);
  });

  test.each([
    [undefined, "undefined"],
    [null, "null"],
    ["", '""'],
    ["orders", '"orders"'],
    ["a\nb", '"a\\nb"'],
    [80.5, "80.5"],
    [80n, "80"],
    [Number.NaN, "NaN"],
    [true, "true"],
    [Symbol("s"), "a symbol"],
    [() => "secret", "a function"],
    [[], "an empty list"],
    [["secret"], "a list of 1"],
    [{}, "an empty object"],
    [{ secretAccessKey: "secret" }, "an object with secretAccessKey"],
    [new Map([["a", 1]]), "a Map"],
    [Promise.resolve(), "a Promise"],
    [Object.create(null), "an empty object"],
  ])("a ConfigError names the place and shows %# in short", (value, shown) => {
    const { message } = new ConfigError("services", value, "an object");
    expect(message).toBe(`services: got ${shown}; write an object`);
  });

  test("a long value is cut", () => {
    const { message } = new ConfigError("namespace", "x".repeat(10_000), "a name");
    expect(message.length).toBeLessThan(120);
  });

  test.each([
    ["http://user:hunter2@host:80", '"http://***@host:80"'],
    ["http://user:hun/ter2@host", '"http://***@host"'],
    ["http://user:hun@ter2@host", '"http://***@host"'],
    ["http:user:hunter2@host", '"***@host"'],
    ["user:hunter2@host:80", '"***@host:80"'],
    ["http://user:hun?ter2@host", '"http://***"'],
    ["http://user:hun#ter2@host", '"http://***"'],
    ["http://host/?token=hunter2", '"http://host/?***"'],
    ["http://host/#hunter2", '"http://host/?***"'],
    ["http://host/?token=hun@ter2", '"http://***"'],
  ])("a ConfigError hides the password or query of %s", (value, shown) => {
    const { message } = new ConfigError("fixed", value, "a URL");
    expect(message).toBe(`fixed: got ${shown}; write a URL`);
    expect(message).not.toMatch(/hun|ter2/);
  });
});

describe("briefly", () => {
  test("tells a platform's error by its name, which is less than its number and more than its words", () => {
    expect(briefly(new DOMException("The operation was aborted due to timeout", "TimeoutError"))).toBe(
      "TimeoutError",
    );
  });

  test("takes no longer for a long text than for its beginning", () => {
    const text = "x".repeat(10_000_000);
    expect(briefly(text)).toBe("x".repeat(200));
  });

  test("keeps what is secret in a URL to itself", () => {
    const error = new TypeError(
      "no such URL: http://user:S3CRET@consul:8500/x?token=S3CRET, http://a/?S3CRET",
    );
    expect(briefly(error)).toBe("no such URL: http://***@consul:8500/x?*** http://a/?***");
  });

  test.each([
    [Object.assign(new Error("long"), { code: "ECONNRESET" }), "ECONNRESET"],
    [new Error("what happened"), "what happened"],
    [new Error("first line\nsecond line"), "first line"],
    [new TypeError(), "TypeError"],
    ["text", "text"],
    [undefined, "undefined"],
    [null, "null"],
    [Object.create(null), "an unknown error"],
    [new Error("x".repeat(10_000)), "x".repeat(200)],
  ])("gives code, message or kind, on one short line (%#)", (error, text) => {
    expect(briefly(error)).toBe(text);
  });
});

const all = {
  BynameError,
  ClosedError,
  ConfigError,
  NoEndpointsError,
  RequestError,
  ResolveError,
  ServiceNotFoundError,
};

async function anotherCopy(): Promise<typeof all> {
  vi.resetModules();
  const copy = await import("./errors.ts");
  expect(copy.BynameError).not.toBe(BynameError);
  return copy;
}
