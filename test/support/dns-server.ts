import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Packet } from "dns2";

/** What the server says to one question: records, a response code, or bytes of a test's own making. */
export type Reply = readonly ServedRecord[] | keyof typeof Packet.RCODE | RawReply;

/** Gets the request's bytes and gives the answer's, now or later; none for silence. */
export type RawReply = (request: Buffer) => Buffer | undefined | Promise<Buffer>;

export type ServedRecord = {
  readonly type: "A" | "AAAA" | "SRV" | "CNAME";
  readonly name?: string;
} & Readonly<Record<string, unknown>>;

export const a = (address: string, ttl = 10): ServedRecord => ({ type: "A", address, ttl });
export const aaaa = (address: string, ttl = 10): ServedRecord => ({ type: "AAAA", address, ttl });
export const cname = (domain: string, ttl = 10): ServedRecord => ({ type: "CNAME", domain, ttl });
/** Priority and weight are 1, as Cloud Map has them. */
export const srv = (target: string, port: number, more: { priority?: number; weight?: number } = {}) =>
  ({ type: "SRV", target, port, ttl: 10, priority: 1, weight: 1, ...more }) satisfies ServedRecord;
/** The same record at another name than the one asked for: what a CNAME leads to. */
export const at = (name: string, record: ServedRecord): ServedRecord => ({ ...record, name });
export const silent: RawReply = () => undefined;

/** The answer to a request as bytes, for a RawReply that spoils them. */
export function answerTo(request: Buffer, records: readonly ServedRecord[]): Buffer {
  return encoded(Packet.parse(request), records);
}

/**
 * DnsServer: a name server on loopback, over UDP and TCP, that says what a test wrote into its zone.
 *
 * The zone's keys are questions: `A orders.sd.local`. A name that stands there with another type has no data, any
 * other does not exist. An answer of more than 512 bytes is truncated over UDP.
 */
export class DnsServer implements AsyncDisposable {
  zone: Record<string, Reply>;
  /** The questions so far; those over TCP end in ` tcp`. */
  readonly asked: string[] = [];
  readonly #heard = new EventEmitter();
  readonly #connections = new Set<Socket>();
  readonly #tcp: Server;
  #udp: UdpSocket | undefined;

  static async open(zone: Record<string, Reply> = {}): Promise<DnsServer> {
    for (let tries = 1; ; tries += 1) {
      const server = new DnsServer(zone);
      try {
        await server.#listen();
        return server;
      } catch (error) {
        await server.close();
        // The port that is free over TCP may be taken over UDP.
        if (tries === 20) throw error;
      }
    }
  }

  private constructor(zone: Record<string, Reply>) {
    this.zone = zone;
    this.#tcp = createServer((socket) => this.#serve(socket));
  }

  /** `host:port`, as a resolver takes it. */
  get address(): string {
    return `127.0.0.1:${(this.#tcp.address() as AddressInfo).port}`;
  }

  /** Done when so many different questions have come; c-ares repeats one that is not answered soon. */
  async heard(count: number): Promise<void> {
    while (new Set(this.asked).size < count) await once(this.#heard, "question");
  }

  async close(): Promise<void> {
    const udp = this.#udp;
    this.#udp = undefined;
    for (const socket of this.#connections) socket.destroy();
    await new Promise<void>((done) => void this.#tcp.close(() => done()));
    if (udp) await new Promise<void>((done) => void udp.close(() => done()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(): Promise<void> {
    await once(this.#tcp.listen(0, "127.0.0.1"), "listening");
    const udp = createSocket("udp4");
    this.#udp = udp;
    udp.on("message", async (request, { port, address }) => {
      const reply = await this.#answer(request, "udp");
      if (reply && this.#udp) udp.send(reply, port, address, () => {});
    });
    udp.bind((this.#tcp.address() as AddressInfo).port, "127.0.0.1");
    await once(udp, "listening");
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on("close", () => this.#connections.delete(socket)).on("error", () => {});
    let waiting = Buffer.alloc(0);
    socket.on("data", async (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE()) {
        const end = 2 + waiting.readUInt16BE();
        const request = waiting.subarray(2, end);
        waiting = waiting.subarray(end);
        const reply = await this.#answer(request, "tcp");
        if (reply) socket.write(Buffer.concat([twoBytes(reply.length), reply]));
      }
    });
  }

  async #answer(bytes: Buffer, transport: "udp" | "tcp"): Promise<Buffer | undefined> {
    const request = Packet.parse(bytes);
    const { name, type } = request.questions[0]!;
    const question = `${Packet.typeName(type)} ${name.toLowerCase()}`;
    this.asked.push(transport === "tcp" ? `${question} tcp` : question);
    this.#heard.emit("question");
    const reply = this.#reply(question, name.toLowerCase());
    if (typeof reply === "function") return reply(bytes);
    const whole = typeof reply === "string" ? encoded(request, [], reply) : encoded(request, reply);
    return transport === "udp" && whole.length > 512 ? encoded(request, [], "NOERROR", true) : whole;
  }

  #reply(question: string, name: string): Reply {
    const known = Object.keys(this.zone).some((key) => key.endsWith(` ${name}`));
    return this.zone[question] ?? (known ? [] : "NXDOMAIN");
  }
}

/**
 * Records are appended one by one, without name compression: an SRV target must not be compressed (RFC 2782), dns2
 * does it all the same, and c-ares refuses such an answer from 1.34.7 on.
 */
function encoded(
  request: Packet,
  records: readonly ServedRecord[],
  rcode: keyof typeof Packet.RCODE = "NOERROR",
  truncated = false,
): Buffer {
  const message = Packet.createResponseFromRequest(request);
  Object.assign(message.header, { ra: 1, rcode: Packet.RCODE[rcode], tc: truncated ? 1 : 0 });
  message.additionals = [];
  const { name } = request.questions[0]!;
  const answers = records.map((record) =>
    Packet.Resource.encode(
      new Packet.Resource({ name, class: Packet.CLASS.IN, ...record, type: Packet.TYPE[record.type] }),
    ),
  );
  const bytes = message.toBuffer();
  bytes.writeUInt16BE(answers.length, 6);
  return Buffer.concat([bytes, ...answers]);
}

function twoBytes(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
