import { authority } from "../resolve/survey.ts";
import { type Listener, on, type Sheet, type Span } from "./spans.ts";

/** What undici announces: connections, first bytes, bodies. What is still under way at the end is told as that. */
export class UndiciEvents {
  readonly #sheet: Sheet;
  readonly #connecting = new Map<string, number[]>();
  readonly #sent = new Map<object, Sent>();
  readonly listeners: readonly Listener[] = [
    on("undici:client:beforeConnect", (event: Connecting) => this.#connects(event)),
    on("undici:client:connected", (event: Connecting) => this.#connected(event)),
    on("undici:client:connectError", (event: Connecting) => this.#connected(event)),
    on("undici:client:sendHeaders", (event: Sending) => this.#sends(event)),
    on("undici:request:headers", (event: Answering) => this.#answered(event)),
    on("undici:request:trailers", (event: Answering) => this.#ended(event)),
    on("undici:request:error", (event: Answering) => this.#ended(event)),
  ];

  constructor(sheet: Sheet) {
    this.#sheet = sheet;
  }

  end(): void {
    const end = this.#sheet.now();
    for (const sent of this.#sent.values()) this.#close(sent, end);
    for (const [endpoint, starts] of this.#connecting) {
      for (const start of starts)
        this.#draw({ kind: "connect", name: "connect", start, end, endpoint, ...unanswered });
    }
  }

  #connects({ connectParams }: Connecting): void {
    const where = whereOf(connectParams);
    this.#connecting.set(where, [...(this.#connecting.get(where) ?? []), this.#sheet.now()]);
  }

  #connected({ connectParams, error }: Connecting): void {
    const endpoint = whereOf(connectParams);
    const start = this.#connecting.get(endpoint)?.shift();
    if (start === undefined) return;
    const name = connectParams.protocol === "https:" ? withTls : "connect";
    const failed = error ? { outcome: codeOf(error), isFailed: true } : {};
    this.#draw({ kind: "connect", name, start, end: this.#sheet.now(), endpoint, ...failed });
  }

  #sends({ request, socket }: Sending): void {
    const { remoteAddress = "", remotePort = 0 } = socket ?? {};
    const endpoint = authority({ address: remoteAddress, port: remotePort });
    this.#sent.set(request, { endpoint, sentAt: this.#sheet.now() });
  }

  #answered({ request, response }: Answering): void {
    const sent = this.#sent.get(request);
    // An informational answer comes before the real one.
    if (!sent || response!.statusCode < 200) return;
    sent.answeredAt = this.#sheet.now();
    const { endpoint, sentAt: start, answeredAt: end } = sent;
    this.#draw({ kind: "wait", name: "first byte", start, end, endpoint });
  }

  #ended({ request }: Answering): void {
    const sent = this.#sent.get(request);
    if (sent) this.#close(sent, this.#sheet.now());
    this.#sent.delete(request);
  }

  #close({ endpoint, sentAt, answeredAt }: Sent, end: number): void {
    if (answeredAt === undefined)
      this.#draw({ kind: "wait", name: "first byte", start: sentAt, end, endpoint, ...unanswered });
    else this.#draw({ kind: "body", name: "body", start: answeredAt, end, endpoint });
  }

  #draw(span: Span): void {
    this.#sheet.spans.push(span);
  }
}

/** The name of a connection that holds the handshake of TLS, too. */
export const withTls = "connect and TLS";

const unanswered = { outcome: "none came", isFailed: true } as const;

interface Connecting {
  readonly connectParams: { readonly hostname: string; readonly port: string; readonly protocol: string };
  readonly error?: unknown;
}

interface Sending {
  readonly request: object;
  readonly socket?: { readonly remoteAddress?: string; readonly remotePort?: number };
}

interface Answering {
  readonly request: object;
  readonly response?: { readonly statusCode: number };
}

interface Sent {
  readonly endpoint: string;
  readonly sentAt: number;
  answeredAt?: number;
}

function whereOf({ hostname, port, protocol }: Connecting["connectParams"]): string {
  return authority({ address: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) });
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message?.split("\n", 1)[0] ?? "failed";
}
