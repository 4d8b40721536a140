import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { onTestFinished } from "vitest";
import type { BynameEvents } from "../../src/ground/events.ts";

/** What byname announces by this name from now on, until the test ends. @param react runs with each, as it is announced */
export function hear<Name extends keyof BynameEvents>(
  name: Name,
  react: (message: BynameEvents[Name]) => void = () => {},
): BynameEvents[Name][] {
  const heard: BynameEvents[Name][] = [];
  const listen = (message: unknown) => {
    heard.push(message as BynameEvents[Name]);
    react(message as BynameEvents[Name]);
  };
  subscribe(name, listen);
  onTestFinished(() => void unsubscribe(name, listen));
  return heard;
}
