import { type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { authority } from "../resolve/survey.ts";
import type { Sheet, Span } from "./spans.ts";
import { withTls } from "./undici-events.ts";

/** Node's own timeline: questions of DNS, and TCP's part of a connection. It notes what succeeded. */
export class Timeline {
  readonly #sheet: Sheet;
  /** When the sheet begins, on the timeline. */
  readonly #began: number;
  readonly #tcp: Span[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#read(list.getEntries()));

  constructor(sheet: Sheet, began: number) {
    this.#sheet = sheet;
    this.#began = began;
    this.#observer.observe({ entryTypes: ["net", "dns"] });
  }

  end(): void {
    this.#read(this.#observer.takeRecords());
    this.#observer.disconnect();
    this.#splitConnects();
  }

  #read(entries: readonly PerformanceEntry[]): void {
    for (const entry of entries) {
      const start = entry.startTime - this.#began;
      const end = start + entry.duration;
      // A lookup by getaddrinfo has a hostname, all else a host.
      const { host = "", port = 0, hostname = host } = (entry as { detail?: Detail }).detail ?? {};
      const endpoint = authority({ address: host, port });
      if (entry.entryType === "net") this.#tcp.push({ kind: "tcp", name: "TCP", start, end, endpoint });
      else {
        const name = `${questions[entry.name] ?? entry.name} ${hostname}`;
        this.#sheet.spans.push({ kind: "question", name, start, end });
      }
    }
  }

  /** A connection with TLS is TCP's part and the rest. */
  #splitConnects(): void {
    const { spans } = this.#sheet;
    for (const one of spans.filter(({ name }) => name === withTls)) {
      const tcp = this.#tcp.find(
        ({ endpoint, start, end }) =>
          endpoint === one.endpoint && start >= one.start - 1 && end <= one.end + 1,
      );
      if (tcp) spans.splice(spans.indexOf(one), 1, tcp, { ...one, kind: "tls", name: "TLS", start: tcp.end });
    }
  }
}

interface Detail {
  readonly host?: string;
  readonly port?: number;
  readonly hostname?: string;
}

const questions: Readonly<Record<string, string>> = {
  queryA: "A",
  queryAaaa: "AAAA",
  querySrv: "SRV",
  lookup: "lookup",
};
