import type { StoreMap } from "./map.ts";
import type { Store } from "./store.ts";

/** Part: what can be broken and mended by hand, from the terminal and on the map. */
export interface Part {
  readonly name: string;
  readonly isBroken: boolean;
  /** Done when it is so. What is asked for meanwhile comes after it. */
  set(isBroken: boolean): Promise<void>;
}

export function partsOf({ local, fleet }: Pick<Store, "local" | "fleet">, map: Notes): Part[] {
  const taskOf = (service: string) =>
    part(service, `A task of ${service}`, map, {
      off: () => fleet.lose(service),
      on: () => fleet.recover(service),
    });
  return [
    part("proxy", "Service Connect", map, {
      off: () => local.proxy.stop(),
      on: () => local.proxy.start(),
    }),
    part("dns", "DNS", map, {
      off: () => local.dns.fault({ drop: true }),
      on: () => local.dns.mend(),
    }),
    part("api", "The Cloud Map API", map, {
      off: () => local.api.fault({ throttle: true }),
      on: () => local.api.mend(),
    }),
    ...["users", "products", "orders", "recommendations"].map(taskOf),
  ];
}

type Notes = Pick<StoreMap, "note">;

interface Switch {
  off(): unknown;
  on(): unknown;
}

/** @param title as the map's time line has it. */
function part(name: string, title: string, map: Notes, { off, on }: Switch): Part {
  let work = Promise.resolve();
  const made = {
    name,
    isBroken: false,
    set(isBroken: boolean): Promise<void> {
      const change = work.then(async () => {
        if (made.isBroken === isBroken) return;
        await (isBroken ? off() : on());
        made.isBroken = isBroken;
        map.note(isBroken ? "broken" : "mended", `${title} is ${isBroken ? "broken" : "mended"}`);
      });
      work = change.catch(() => {});
      return change;
    },
  };
  return made;
}
