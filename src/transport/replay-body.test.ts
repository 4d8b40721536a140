import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaults } from "../ground/defaults.ts";
import { ReplayBody, replayBody } from "./replay-body.ts";

/** What a view gives, piece by piece, until it ends or fails. */
async function readAll(view: AsyncIterable<Uint8Array | string>): Promise<string> {
  let text = "";
  for await (const piece of view) text += piece;
  return text;
}

/** A source whose pieces a test gives one by one. */
function given() {
  const pulls: PromiseWithResolvers<IteratorResult<string>>[] = [];
  let returned = 0;
  const iterator = {
    next: () => {
      const pull = Promise.withResolvers<IteratorResult<string>>();
      pulls.push(pull);
      return pull.promise;
    },
    return: async () => {
      returned += 1;
      return { done: true as const, value: undefined };
    },
  };
  const body = new ReplayBody({ [Symbol.asyncIterator]: () => iterator as AsyncIterator<string> });
  return { body, pulls, returned: () => returned };
}

async function* pieces(all: readonly (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* all;
}

test("every view has the whole body, however the views take turns", async () => {
  const turns = fc.array(fc.nat({ max: 3 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ minLength: 1 }), { maxLength: 8 }), turns, async (all, turns) => {
      const body = new ReplayBody(pieces(all));
      const views = [0, 1, 2, 3].map(() => ({ view: body.view(), text: "" }));
      await Promise.all(
        turns.map(async (turn) => {
          const reading = views[turn]!;
          const { done, value } = await reading.view.next();
          if (!done) reading.text += value;
        }),
      );
      for (const { view, text } of views) expect(text + (await readAll(view))).toBe(all.join(""));
      expect(body.canReplay).toBe(true);
    }),
  );
});

test("a view has the whole body or fails, whatever the sizes and wherever others stand", async () => {
  const size = fc.constantFrom(1, 100, 300_000, 600_000, defaults.replayMost);
  const turns = fc.array(fc.nat({ max: 2 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 5 }), turns, async (sizes, turns) => {
      const all = sizes.map((size, at) => String(at).repeat(size));
      const whole = all.join("");
      const body = new ReplayBody(pieces(all));
      const views = [0, 1, 2].map(() => ({ view: body.view(), text: "" }));
      const failed = new Set<unknown>();
      for (const turn of turns) {
        const reading = views[turn]!;
        const next = await reading.view.next().catch(() => undefined);
        if (!next) failed.add(reading);
        else if (!next.done) reading.text += next.value;
        else if (!failed.has(reading)) expect(reading.text).toBe(whole);
        expect(whole.startsWith(reading.text)).toBe(true);
      }
      expect(failed.size === 0 || !body.canReplay).toBe(true);
    }),
  );
});

describe("what is kept", () => {
  test("is all up to the limit", async () => {
    const all = ["x".repeat(defaults.replayMost - 1), "y"];
    const body = new ReplayBody(pieces(all));
    await readAll(body.view());
    expect(body.canReplay).toBe(true);
    expect(await readAll(body.view())).toBe(all.join(""));
  });

  test("is nothing beyond it: one view has it all, and a second fails", async () => {
    const all = ["x".repeat(defaults.replayMost), "y", "z"];
    const body = new ReplayBody(pieces(all));
    expect(await readAll(body.view())).toBe(all.join(""));
    expect(body.canReplay).toBe(false);
    await expect(readAll(body.view())).rejects.toThrow("not there any more");
  });

  test("counts bytes of bytes", async () => {
    const body = new ReplayBody(pieces([new Uint8Array(defaults.replayMost), new Uint8Array(1)]));
    const view = body.view();
    await view.next();
    expect(body.canReplay).toBe(true);
    await view.next();
    expect(body.canReplay).toBe(false);
  });

  test("fails a view that is behind rather than leave a piece out", async () => {
    const body = new ReplayBody(pieces(["a", "b".repeat(defaults.replayMost), "c"]));
    const behind = body.view();
    expect((await behind.next()).value).toBe("a");
    expect(await readAll(body.view())).toHaveLength(defaults.replayMost + 2);
    await expect(behind.next()).rejects.toThrow("not there any more");
  });
});

describe("the source", () => {
  test("is asked for nothing before a view is read, and for one piece at a time for all views", async () => {
    const { body, pulls } = given();
    const views = [body.view(), body.view()];
    await setImmediate();
    expect(pulls).toHaveLength(0);
    const read = views.map((view) => view.next());
    await setImmediate();
    expect(pulls).toHaveLength(1);
    pulls[0]!.resolve({ value: "a", done: false });
    expect(await Promise.all(read)).toEqual([
      { value: "a", done: false },
      { value: "a", done: false },
    ]);
  });

  test("that fails fails every view with its error, now and later", async () => {
    const { body, pulls } = given();
    const mine = new Error("mine");
    const read = [body.view().next(), body.view().next()].map((next) => next.catch((error) => error));
    await setImmediate();
    pulls[0]!.reject(mine);
    expect(await Promise.all(read)).toEqual([mine, mine]);
    expect(body.error).toBe(mine);
    expect(body.canReplay).toBe(false);
    await expect(body.view().next()).rejects.toBe(mine);
  });

  test("that fails with nothing fails with an error all the same", async () => {
    const { body, pulls } = given();
    const read = body.view().next();
    await setImmediate();
    pulls[0]!.reject(undefined);
    await expect(read).rejects.toThrow("the request's body failed");
  });
});

describe("closing", () => {
  test("tells the source once, and fails who still waits rather than end a part as if it were all", async () => {
    const { body, pulls, returned } = given();
    const view = body.view();
    const read = view.next();
    await setImmediate();
    body.close();
    body.close();
    expect(returned()).toBe(1);
    pulls[0]!.resolve({ value: "a", done: false });
    await expect(read).rejects.toThrow("ended before its body");
  });

  test("tells nothing to a source that has ended", async () => {
    const { body, pulls, returned } = given();
    const read = body.view().next();
    await setImmediate();
    pulls[0]!.resolve({ value: undefined, done: true });
    expect(await read).toEqual({ value: undefined, done: true });
    body.close();
    expect(returned()).toBe(0);
  });

  test("does not mind a source that fails while it is told", async () => {
    const returning = () => Promise.reject(new Error("late"));
    const next = () => new Promise<never>(() => {});
    new ReplayBody({ [Symbol.asyncIterator]: () => ({ next, return: returning }) }).close();
    await setImmediate();
  });

  test("destroys a stream, which would not hear of it before it is read", () => {
    const stream = new Readable({ read() {} });
    new ReplayBody(stream).close();
    expect(stream.destroyed).toBe(true);
  });

  test("cancels a web stream", async () => {
    const cancelled = Promise.withResolvers<void>();
    const stream = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
    new ReplayBody(stream as unknown as AsyncIterable<Uint8Array>).close();
    await cancelled.promise;
  });
});

test("a stream that fails before anybody reads it brings nobody down, and tells who reads it", async () => {
  const stream = new Readable({ read() {} });
  const body = new ReplayBody(stream);
  stream.destroy(new Error("early"));
  await setImmediate();
  await expect(readAll(body.view())).rejects.toThrow("early");
});

describe("a body", () => {
  test.each([
    ["text", "text"],
    ["bytes", Buffer.from("x")],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["a Blob", new Blob(["x"])],
    ["a form", new FormData()],
    ["a list", [Buffer.from("x")]],
    ["none", undefined],
    ["null", null],
  ])("that is sent again as it is: %s", (_, body) => {
    expect(replayBody(body)).toBeUndefined();
  });

  test.each([
    ["a generator", () => new Set(["a", "b"]).values()],
    ["an async generator", () => pieces(["a", "b"])],
    ["a Readable", () => Readable.from(["a", "b"])],
  ])("that is kept to be sent again: %s", async (_, make) => {
    const body = replayBody(make())!;
    expect(await readAll(body.view())).toBe("ab");
    expect(await readAll(body.view())).toBe("ab");
  });
});

test.each([{}, 7, null, undefined, true])(
  "a piece that is neither text nor bytes (%j) is the body's own error",
  async (piece) => {
    const body = new ReplayBody([piece] as never);
    await expect(readAll(body.view())).rejects.toThrow("a request's body has to be in strings or bytes");
    expect(body.error).toBeInstanceOf(TypeError);
  },
);
