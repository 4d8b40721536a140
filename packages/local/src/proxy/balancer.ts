import type { Service } from "../registry/model.ts";
import type { Outliers } from "./outliers.ts";

/** One task behind the proxy. */
export interface Upstream {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  /** `address:port`. */
  readonly host: string;
}

/** The balancer of one service: round robin over what is registered at that moment, outliers left out. */
export class Balancer {
  readonly #outliers: Outliers;
  #turn = 0;

  constructor(outliers: Outliers) {
    this.#outliers = outliers;
  }

  /** The next one, preferably none of those tried before. Undefined where nothing is registered. */
  next(service: Service, tried: ReadonlySet<string>): Upstream | undefined {
    const all = upstreams(service);
    const fit = all.filter(({ host }) => !this.#outliers.isOut(host));
    const pool = fit.length > 0 ? fit : all;
    const fresh = pool.filter(({ host }) => !tried.has(host));
    const candidates = fresh.length > 0 ? fresh : pool;
    this.#turn += 1;
    return candidates[(this.#turn - 1) % candidates.length];
  }

  /** A connection to it could not be made, or broke before an answer. */
  failed(upstream: Upstream): void {
    this.#outliers.failed(upstream.host);
  }
}

/** An upstream at a given place. */
export function upstreamAt(id: string, address: string, port: number): Upstream {
  return { id, address, port, host: address.includes(":") ? `[${address}]:${port}` : `${address}:${port}` };
}

function upstreams(service: Service): Upstream[] {
  return [...service.instances.values()].flatMap(({ id, attributes }) => {
    const address = attributes.AWS_INSTANCE_IPV4 ?? attributes.AWS_INSTANCE_IPV6;
    const port = Number(attributes.AWS_INSTANCE_PORT);
    return address === undefined || !port ? [] : [upstreamAt(id, address, port)];
  });
}
