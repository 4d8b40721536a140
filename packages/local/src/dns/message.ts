import { Packet } from "dns2";
import type { Answer, Soa, ZoneRecord } from "./zone.ts";

/** Messages: the zone's answers as DNS packets. */
export const rcodes = {
  FORMERR: Packet.RCODE.FORMERR,
  SERVFAIL: Packet.RCODE.SERVFAIL,
  NXDOMAIN: Packet.RCODE.NXDOMAIN,
  NOTIMP: Packet.RCODE.NOTIMP,
  REFUSED: Packet.RCODE.REFUSED,
} as const;
export type Rcode = keyof typeof rcodes;

export type Message = InstanceType<typeof Packet>;

/** The type's name, such as `SRV`; `TYPE65` and the like for those without one. */
export function typeName(code: number): string {
  return Packet.typeName(code);
}

/** The one question of a request, or the response code that refuses it. */
export function questionOf(request: Message): { name: string; type: string } | Rcode {
  const [question, another] = request.questions;
  if (request.header.opcode !== 0) return "NOTIMP";
  if (!question || another) return "FORMERR";
  return question.class === Packet.CLASS.IN
    ? { name: question.name, type: typeName(question.type) }
    : "NOTIMP";
}

export function refusal(request: Message, rcode: Rcode): Message {
  const message = begin(request);
  message.header.rcode = rcodes[rcode];
  return message;
}

export function answerMessage(request: Message, answer: Answer): Message {
  const message = begin(request);
  switch (answer.kind) {
    case "records":
      message.answers.push(...answer.records.map(resource));
      return answer.records.some(({ type }) => type === "SRV") ? uncompressed(message) : message;
    case "noData":
      message.authorities.push(soaResource(answer.soa.zone, answer.soa));
      return message;
    case "noName":
      message.header.rcode = Packet.RCODE.NXDOMAIN;
      message.authorities.push(soaResource(answer.soa.zone, answer.soa));
      return message;
    default:
      return answer satisfies never;
  }
}

/** The answer of a resolver: recursion is available, and it does not claim authority. */
function begin(request: Message): Message {
  const message = Packet.createResponseFromRequest(request);
  message.header.ra = 1;
  // Who speaks EDNS is answered with it (RFC 6891, 6.1.1).
  const isExtended = request.additionals.some((record) => record.type === Packet.TYPE.EDNS);
  if (isExtended) message.additionals.push(Packet.Resource.EDNS([]));
  return message;
}

/**
 * The target of an SRV record must not be compressed (RFC 2782), and c-ares refuses an answer where it is. dns2
 * compresses every name, unless the writer's table of names is something else than a Map.
 */
function uncompressed(message: Message): Message {
  const encode = message.toBuffer as (this: Message, writer: object) => Buffer;
  const toBuffer = () => encode.call(message, Object.assign(new Packet.Writer(), { names: "none" }));
  return Object.assign(message, { toBuffer });
}

function resource(record: ZoneRecord): ReturnType<typeof plain> {
  switch (record.type) {
    case "A":
      return plain(record, { address: record.address });
    case "AAAA":
      // In hexadecimal groups only: dns2 does not read an IPv4 address at the end.
      return plain(record, { address: new URL(`http://[${record.address}]`).hostname.slice(1, -1) });
    case "SRV":
      // Priority and weight are 1 and cannot be changed (DnsRecord in the API reference).
      return plain(record, { priority: 1, weight: 1, port: record.port, target: record.target });
    case "CNAME":
      return plain(record, { domain: record.target });
    case "NS":
      return plain(record, { ns: record.target });
    case "SOA":
      return soaResource(record.name, record.soa);
    default:
      return record satisfies never;
  }
}

function plain(record: ZoneRecord, data: object) {
  const { name, ttl, type } = record;
  return new Packet.Resource({ name, ttl, type: Packet.TYPE[type], class: Packet.CLASS.IN, ...data });
}

/** Route 53's start of authority; what is absent may be remembered for the least of its TTL and `minimum` (RFC 2308). */
function soaResource(name: string, soa: Soa) {
  return new Packet.Resource({
    name,
    ttl: soa.ttl,
    type: Packet.TYPE.SOA,
    class: Packet.CLASS.IN,
    primary: "ns-0.awsdns-00.com",
    admin: "awsdns-hostmaster.amazon.com",
    serial: 1,
    refresh: 7_200,
    retry: 900,
    expiration: 1_209_600,
    minimum: 86_400,
  });
}
