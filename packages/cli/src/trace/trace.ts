import { ConfigError, RequestError, type RequestOptions, ResolveError } from "byname";
import { queriesFor } from "../queries.ts";
import { bynameWith, type Setting } from "../setting.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { warm } from "../warm.ts";
import { WrongUsage } from "../wrong-usage.ts";
import { Recording } from "./recording.ts";
import { type Trace, waterfall } from "./waterfall.ts";

export interface TraceOptions {
  readonly method?: string;
  /** `name: value`, as curl has it. */
  readonly header?: readonly string[];
  readonly data?: string;
  readonly json?: boolean;
}

/** The command `trace`. @returns the exit code: 1 where there was no answer. */
export async function trace(
  setting: Setting,
  text: string,
  options: TraceOptions,
  terminal: Terminal,
  until: AbortSignal,
): Promise<number> {
  const url = parsed(text);
  const request = requestOf(options, until);
  const recording = await recordedCall(setting, url, request);
  if (options.json) terminal.write(`${JSON.stringify(recording, null, 2)}\n`);
  else terminal.write(waterfall(recording, terminal));
  return recording.error ? 1 : 0;
}

async function recordedCall(setting: Setting, url: URL, request: RequestOptions): Promise<Trace> {
  const byname = bynameWith(setting, setting.sources, await withHost(setting, url));
  await warm();
  const shown = { method: request.method ?? "GET", url: `${url.origin}${url.pathname}` };
  const recording = new Recording();
  const over = (outcome: Pick<Trace, "status" | "size" | "error">): Trace => {
    const ms = recording.now();
    recording.end();
    return { ...shown, ...outcome, ms, spans: recording.spans, moments: recording.moments };
  };
  try {
    const { statusCode: status, body } = await byname.request(url, request);
    let size = 0;
    for await (const chunk of body) size += (chunk as Buffer).length;
    return over({ status, size });
  } catch (error) {
    return over({ error: told(error) });
  } finally {
    await byname.destroy();
  }
}

/** A bare name is taken for a service, as `resolve` does, also where no catalog has it. */
async function withHost(setting: Setting, url: URL) {
  const { hostname } = url;
  if (hostname.includes(".") || hostname.includes(":") || hostname === "localhost") return {};
  const known = await queriesFor(setting);
  return known.some(({ service }) => service.name === hostname) ? {} : { services: { [hostname]: {} } };
}

function parsed(text: string): URL {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url?.hostname && /^https?:$/.test(url.protocol)) return url;
  // It shows the text without what may be secret in a URL.
  throw new ConfigError("trace", text, "a URL such as http://orders/v1/orders/42");
}

function requestOf({ method, header = [], data }: TraceOptions, signal: AbortSignal): RequestOptions {
  return {
    method: parsedMethod(method ?? (data === undefined ? "GET" : "POST")),
    // A flat list, in which a name may stand more than once.
    headers: header.flatMap(parsedHeader),
    ...(data === undefined ? {} : { body: data }),
    signal,
  };
}

/** RFC 9110, section 9.1: a token. */
function parsedMethod(text: string): string {
  if (/^[!#$%&'*+.^_`|~\w-]+$/.test(text)) return text.toUpperCase();
  throw new WrongUsage(`--method: got ${JSON.stringify(text)}; write one such as GET or POST`);
}

/** RFC 9110, section 5.5, of which undici takes the characters of Latin-1. */
function parsedHeader(text: string): [string, string] {
  const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(text);
  if (match) return [match[1]!, match[2]!];
  // Its value is not shown: it may be a token.
  throw new WrongUsage('--header: write it as "name: value"');
}

function told(error: unknown): NonNullable<Trace["error"]> {
  const { code: given, name, message } = error as Error & { code?: unknown };
  // What an abort rejects with has a number for a code.
  const code = typeof given === "string" ? given : name;
  if (error instanceof ResolveError) return { code, message, hint: error.hint, sources: error.attempts };
  const hint =
    error instanceof RequestError ? `byname doctor ${error.service} tries each of its endpoints` : "";
  return { code, message, hint, sources: [] };
}
