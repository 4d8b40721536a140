import { queryOf, type Service } from "../../src/ground/service.ts";
import { settleService } from "../../src/ground/settings.ts";
import type { Answer, Source } from "../../src/ground/source.ts";

/** Asks a source for one service of the namespace `sd.local`. */
export function ask(
  source: Source,
  options: Partial<Service> & { key?: string; urlPort?: number } = {},
  signal = new AbortController().signal,
): Promise<Answer> {
  const { key = "orders", urlPort, fixed: _, ...rest } = options;
  const service = settleService(key, rest, { namespace: "sd.local", env: {} });
  return Promise.resolve(source.lookup(queryOf(service, "http", urlPort), signal));
}

/** The addresses of an answer with endpoints, as `address:port` where they have a port. */
export function told(answer: Answer): string[] {
  if (answer.kind !== "endpoints") throw new Error(`${answer.kind}: ${answer.detail}`);
  return answer.endpoints.map(({ address, port }) => (port === undefined ? address : `${address}:${port}`));
}
