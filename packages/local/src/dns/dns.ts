import type { Fault } from "../fault.ts";
import { type Active, Faults } from "../faults.ts";
import { after, type Part, RequestLog } from "../part.ts";
import { isCalled, type View } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import { Restartable } from "../restartable.ts";
import { wrong } from "../wrong.ts";
import { answerMessage, type Message, questionOf, type Rcode, rcodes, refusal } from "./message.ts";
import { type Asked, openSockets } from "./sockets.ts";
import { type Answer, lookUp, serviceAt } from "./zone.ts";

/** The DNS side: the resolver of a VPC, as far as it knows private zones. */
export interface Dns extends Part<DnsRequest> {
  /** `host:port`, for UDP and TCP; what BYNAME_DNS_SERVERS and a Resolver's `setServers` take. */
  readonly address: string;
}

/** A question that was asked. */
export interface DnsRequest {
  /** As it was asked: `orders.sd.local`. */
  readonly name: string;
  /** `A`, `SRV` and so on. */
  readonly type: string;
  readonly transport: "udp" | "tcp";
}

export async function startDns(registry: Registry): Promise<Dns> {
  const log = new RequestLog<DnsRequest>();
  const faults = new Faults<View>(
    {
      part: "dns",
      effects: ["drop", "error", "throttle", "empty", "half", "address", "stale"],
      scopes: ["service"],
      checkError,
      knows: (name) => [...registry.view.services.values()].some((service) => isCalled(service, name)),
    },
    () => registry.freeze(),
  );
  const handle = (asked: Asked) => {
    // What was registered may make a name that DNS cannot carry, such as a label of 64 characters.
    answer(registry, faults, log, asked).catch(() => asked.send(refusal(asked.request, "SERVFAIL")));
  };
  let port = 0;
  const sockets = new Restartable(async () => {
    const opened = await openSockets(port, handle);
    port = opened.port;
    return opened;
  });
  await sockets.open();
  return {
    address: `127.0.0.1:${port}`,
    requests: log.entries,
    forget: () => log.forget(),
    async start() {
      await sockets.open();
    },
    stop: () => sockets.close(),
    fault: (fault: Fault) => faults.begin(fault),
    mend: () => faults.mend(),
  };
}

async function answer(
  registry: Registry,
  faults: Faults<View>,
  log: RequestLog<DnsRequest>,
  asked: Asked,
): Promise<void> {
  const question = questionOf(asked.request);
  if (typeof question === "string") return asked.send(refusal(asked.request, question));
  const { name, type } = question;
  log.add({ name, type, transport: asked.transport });
  const service = serviceAt(registry.view, name);
  const active = faults.meet({ isFor: (word) => service !== undefined && isCalled(service, word) });
  if (active?.fault.delay) await after(active.fault.delay);
  if (active?.fault.drop) return;
  const message = reply(asked.request, active, lookUp(active?.frozen ?? registry.view, name, type));
  if (active?.fault.half) asked.sendHalf(message);
  else asked.send(message);
}

function reply(request: Message, active: Active<View> | undefined, found: Answer): Message {
  const { error, throttle, empty, address } = active?.fault ?? {};
  if (error !== undefined) return refusal(request, error as Rcode);
  // What a function sees of an overloaded resolver: more than 1,024 packets a second per network interface
  // ("Amazon DNS concepts" in the VPC user guide) end in REFUSED there.
  if (throttle) return refusal(request, "REFUSED");
  if (empty && found.kind === "records") {
    return answerMessage(request, {
      kind: "noData",
      soa: { zone: request.questions[0]?.name ?? "", ttl: 0 },
    });
  }
  return answerMessage(request, address === undefined ? found : movedTo(found, address));
}

function movedTo(found: Answer, address: string): Answer {
  if (found.kind !== "records") return found;
  const family = address.includes(":") ? "AAAA" : "A";
  const records = found.records.map((record) => (record.type === family ? { ...record, address } : record));
  return { ...found, records };
}

function checkError(error: unknown): void {
  if (typeof error === "string" && Object.hasOwn(rcodes, error)) return;
  throw wrong("dns.fault.error", error, `one of ${Object.keys(rcodes).join(", ")}`);
}
