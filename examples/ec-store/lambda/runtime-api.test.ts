import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RuntimeApi } from "./runtime-api.ts";

const arn = "arn:aws:lambda:eu-west-1:111122223333:function:renewals";
let frozen: string[];
let api: RuntimeApi;
let url: string;

beforeEach(() => open(10_000));
afterEach(() => api.close());

describe("an invocation", () => {
  it("reaches the function with Lambda's headers, and ends with its response", async () => {
    const result = api.invoke({ order: 1 });
    const next = await fetch(`${url}/next`);
    expect(await next.json()).toEqual({ order: 1 });
    expect(next.headers.get("lambda-runtime-invoked-function-arn")).toBe(arn);
    expect(next.headers.get("lambda-runtime-trace-id")).toMatch(
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
    );
    const left = Number(next.headers.get("lambda-runtime-deadline-ms")) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(10_000);
    expect(await post(`${idOf(next)}/response`, { placed: true })).toBe(202);
    expect(await result).toEqual({ placed: true });
  });

  it("fails with the function's error", async () => {
    const result = api.invoke({});
    const failed = expect(result).rejects.toThrow("orders answered 502");
    const next = await fetch(`${url}/next`);
    await post(`${idOf(next)}/error`, { errorType: "Error", errorMessage: "orders answered 502" });
    await failed;
  });

  it("fails when its time is over, and its late response is refused", async () => {
    api.close();
    await open(50);
    const late = expect(api.invoke({})).rejects.toThrow("timed out after 50 ms");
    const next = await fetch(`${url}/next`);
    await late;
    expect(await post(`${idOf(next)}/response`, {})).toBe(400);
  });

  it("fails when the function's process ends, waiting ones too", async () => {
    const results = [api.invoke(1), api.invoke(2)].map((one) => expect(one).rejects.toThrow("killed"));
    await fetch(`${url}/next`);
    api.lost("killed");
    await Promise.all(results);
  });
});

describe("a response that is streamed", () => {
  const headers = { "lambda-runtime-function-response-mode": "streaming" };

  it("is text", async () => {
    const result = api.invoke({});
    const next = await fetch(`${url}/next`);
    await fetch(`${url}/${idOf(next)}/response`, { method: "POST", headers, body: "one, two" });
    expect(await result).toBe("one, two");
  });

  it("may end with an error", async () => {
    const failed = expect(api.invoke({})).rejects.toThrow("broken off");
    const next = await fetch(`${url}/next`);
    const streamed = request(`${url}/${idOf(next)}/response`, {
      method: "POST",
      headers: { ...headers, trailer: "lambda-runtime-function-error-body" },
    });
    streamed.write("one, ");
    const error = Buffer.from('{"errorMessage":"broken off"}').toString("base64");
    streamed.addTrailers({ "lambda-runtime-function-error-body": error });
    streamed.end();
    await failed;
  });
});

describe("the function's process", () => {
  it("stands still from `next` to the next invocation", async () => {
    const next = fetch(`${url}/next`);
    await expect.poll(() => frozen).toEqual(["freeze"]);
    const result = api.invoke("hello");
    expect(await (await next).json()).toBe("hello");
    expect(frozen).toEqual(["freeze", "thaw"]);
    await post(`${idOf(await next)}/response`, 1);
    await result;
    expect(frozen).toEqual(["freeze", "thaw"]);
  });

  it("gets several at a time where it asks for them, and is frozen when all are done", async () => {
    const results = [api.invoke("a"), api.invoke("b")];
    const nexts = await Promise.all([fetch(`${url}/next`), fetch(`${url}/next`)]);
    const idle = expect(fetch(`${url}/next`)).rejects.toThrow();
    await post(`${idOf(nexts[1])}/response`, "second");
    expect(await results[1]).toBe("second");
    expect(frozen).not.toContain("freeze");
    await post(`${idOf(nexts[0])}/response`, "first");
    expect(await results[0]).toBe("first");
    await expect.poll(() => frozen.at(-1)).toBe("freeze");
    api.close();
    await idle;
  });

  it("gets one invocation at a time, and goes on with those that wait", async () => {
    const results = [api.invoke("a"), api.invoke("b")];
    for (const expected of ["a", "b"]) {
      const next = await fetch(`${url}/next`);
      expect(await next.json()).toBe(expected);
      await post(`${idOf(next)}/response`, expected);
    }
    expect(await Promise.all(results)).toEqual(["a", "b"]);
    expect(frozen).not.toContain("freeze");
  });
});

async function open(timeout: number): Promise<void> {
  frozen = [];
  api = new RuntimeApi(arn, timeout, {
    freeze: () => frozen.push("freeze"),
    thaw: () => frozen.push("thaw"),
  });
  url = `http://${await api.listen()}/2018-06-01/runtime/invocation`;
}

function idOf(next: Response): string {
  return next.headers.get("lambda-runtime-aws-request-id")!;
}

async function post(path: string, body: unknown): Promise<number> {
  return (await fetch(`${url}/${path}`, { method: "POST", body: JSON.stringify(body) })).status;
}
