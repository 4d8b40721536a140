import { expect, test } from "vitest";
import { InFlight } from "./in-flight.ts";

test("nothing under way is idle at once", async () => {
  await new InFlight().idle();
});

test("everyone who waits hears of the end", async () => {
  const inFlight = new InFlight();
  const work = {};
  inFlight.start(work);
  const waiting = [inFlight.idle(), inFlight.idle()];
  inFlight.end(work);
  await Promise.all(waiting);
  const again = {};
  inFlight.start(again);
  const later = inFlight.idle();
  inFlight.end(again);
  await later;
});

test("an end that is told twice ends nothing else", async () => {
  const inFlight = new InFlight();
  const [one, two] = [{}, {}];
  inFlight.start(one);
  inFlight.start(two);
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

test("an abort reaches work by the way that was told last, and what starts later as soon as it can", () => {
  const inFlight = new InFlight();
  const aborted: unknown[] = [];
  const [waiting, connected, silent, late] = [{}, {}, {}, {}];
  inFlight.start(waiting, (reason) => aborted.push(["waiting", reason]));
  inFlight.start(connected, () => aborted.push("not this"));
  inFlight.onAbort(connected, (reason) => aborted.push(["connected", reason]));
  inFlight.start(silent);
  inFlight.abort("over");
  expect(aborted).toEqual([
    ["waiting", "over"],
    ["connected", "over"],
  ]);
  inFlight.start(late);
  inFlight.onAbort(late, (reason) => aborted.push(["late", reason]));
  expect(aborted.at(-1)).toEqual(["late", "over"]);
});
