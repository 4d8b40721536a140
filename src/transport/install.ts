import type { Dispatcher } from "./dispatch.ts";
import { dispatcherAt, type Front, frontKey, frontOf, setDispatcherAt, slots } from "./global-dispatcher.ts";
import { processDispatcher } from "./process-dispatcher.ts";
import type { Steering } from "./steer.ts";

/**
 * Install: makes the process's plain `fetch` know the services, by putting a steering dispatcher in front of the
 * process's global one. `globalThis.fetch` itself stays as it is, so that frameworks which wrap it go on working.
 *
 * @returns puts things back as they were, unless someone else has replaced the dispatcher in the meantime: then
 *   requests merely pass through.
 */
export async function install(steering: Steering): Promise<() => void> {
  // Node loads its fetch, and sets its dispatcher, when one of fetch's classes is first looked at.
  void globalThis.Request;
  await fillCurrent();
  const undo = slots.map((slot) => installAt(slot, steering));
  return () => {
    for (const one of undo) one();
  };
}

/**
 * Node 22 has a dispatcher for handlers of the older generation only. An undici 8 that finds none of its own puts one at
 * both places while it loads, and with that undoes an installation: so it is to find one.
 */
async function fillCurrent(): Promise<void> {
  const [legacy, current] = slots;
  const isMissing = () => dispatcherAt(legacy) !== undefined && dispatcherAt(current) === undefined;
  if (!isMissing()) return;
  const { plainDispatcher } = await import("./undici.ts");
  // Somebody may have loaded it meanwhile.
  if (isMissing()) setDispatcherAt(current, plainDispatcher());
}

function installAt(slot: symbol, steering: Steering): () => void {
  const base = dispatcherAt(slot);
  if (!base) return () => {};
  const front = inFront(base, processDispatcher(steering, { base }));
  setDispatcherAt(slot, front.dispatcher);
  return () => {
    front.isOn = false;
    // Installations may be taken back in any order: then those that lie below go with the last one.
    for (let top = frontOf(dispatcherAt(slot)); top && !top.isOn; top = frontOf(top.base))
      setDispatcherAt(slot, top.base);
  };
}

/**
 * The base in everything but `dispatch`. Its methods are bound to it, since they use private fields; but what is
 * composed on this is composed on this.
 */
function inFront(base: Dispatcher, steering: Dispatcher): Front {
  const dispatch: Dispatcher["dispatch"] = (request, handler) =>
    (front.isOn ? steering : base).dispatch(request, handler);
  const dispatcher = new Proxy(base, {
    get(target, property) {
      if (property === "dispatch") return dispatch;
      if (property === frontKey) return front;
      const value = Reflect.get(target, property, target);
      return typeof value === "function" && !unbound.has(property) ? value.bind(target) : value;
    },
  });
  const front: Front = { base, dispatcher, isOn: true };
  return front;
}

const unbound = new Set<string | symbol>(["constructor", "compose"]);
