import { expect, test } from "vitest";
import { InFlight } from "./in-flight.ts";

test("nothing under way is idle at once", async () => {
  await new InFlight().idle();
});

test("everyone who waits hears of the end", async () => {
  const inFlight = new InFlight();
  const work = inFlight.start();
  const waiting = [inFlight.idle(), inFlight.idle()];
  inFlight.end(work);
  await Promise.all(waiting);
  const again = inFlight.start();
  const later = inFlight.idle();
  inFlight.end(again);
  await later;
});

test("an end that is told twice ends nothing else", async () => {
  const inFlight = new InFlight();
  const one = inFlight.start();
  const two = inFlight.start();
  let isIdle = false;
  const idle = inFlight.idle().then(() => {
    isIdle = true;
  });
  inFlight.end(one);
  inFlight.end(one);
  await Promise.resolve();
  expect(isIdle).toBe(false);
  inFlight.end(two);
  await idle;
});

test("an abort reaches all that is still under way, and what starts later as soon as it can", () => {
  const inFlight = new InFlight();
  const aborted: unknown[] = [];
  const begin = (name: string) => {
    const work = inFlight.start();
    inFlight.onDestroy(work, (reason) => aborted.push([name, reason]));
    return work;
  };
  const first = begin("first");
  inFlight.start();
  begin("second");
  const third = begin("third");
  inFlight.end(first);
  begin("fourth");
  inFlight.end(third);
  inFlight.destroy("over");
  expect(new Set(aborted)).toEqual(
    new Set([
      ["second", "over"],
      ["fourth", "over"],
    ]),
  );
  begin("late");
  expect(aborted.at(-1)).toEqual(["late", "over"]);
});
