import { dispatcherAt, setDispatcherAt, slots } from "./global-dispatcher.ts";
import { type SteerOptions, steer } from "./steer.ts";

/**
 * Install: makes the process's plain `fetch` know the services, by putting a steering dispatcher in front of the
 * process's global one. `globalThis.fetch` itself stays as it is, so that frameworks which wrap it go on working.
 *
 * @returns puts things back as they were, unless someone else has replaced the dispatcher in the meantime: then
 *   requests merely pass through.
 */
export function install(options: SteerOptions): () => void {
  // Node loads its fetch, and sets its dispatcher, when one of fetch's classes is first looked at.
  void globalThis.Request;
  const undo = slots.map((slot) => installAt(slot, options));
  return () => {
    for (const one of undo) one();
  };
}

function installAt(slot: symbol, options: SteerOptions): () => void {
  const base = dispatcherAt(slot);
  if (!base) return () => {};
  const steering = steer({ ...options, base });
  let isOn = true;
  const front = new Proxy(base, {
    get(target, property) {
      if (property === "dispatch") return (isOn ? steering : base).dispatch.bind(isOn ? steering : base);
      const value = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  setDispatcherAt(slot, front);
  return () => {
    isOn = false;
    if (dispatcherAt(slot) === front) setDispatcherAt(slot, base);
  };
}
