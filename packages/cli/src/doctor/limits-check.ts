import type { Query } from "byname";
import { duration } from "../terminal/text.ts";
import type { Check, Told } from "./finding.ts";
import type { Site } from "./site.ts";

/** The limits: what a request may take here, against what Service Connect's proxy lets it take. */
export const limitsCheck: Check = {
  name: "limits",
  about: "time limits of requests, against those of Service Connect's proxy",
  async look(site) {
    const told = await Promise.all(site.queries.map((query) => ofService(site, query)));
    return told.filter((one) => one !== undefined);
  },
};

/** Milliseconds; https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html */
const proxyLimit = 15_000;

async function ofService(site: Site, query: Query): Promise<Told | undefined> {
  const state = await site.state(query);
  const { key, request } = query.service;
  const { timeout } = request;
  const source = state.error ? undefined : state.source;
  if (source !== "serviceConnect" || (timeout > 0 && timeout <= proxyLimit)) return undefined;
  return {
    verdict: "note",
    service: key,
    title: "the proxy gives up before this service's own limit",
    evidence: [
      `\`request.timeout\` is ${timeout === 0 ? "without end" : duration(timeout)}; the proxy's is 15 s, unless it was set otherwise`,
    ],
    means: "a request that takes longer ends as a 504 of the proxy, whatever the limit here is",
    changes: [
      {
        what: "Give the proxy more time where that is wanted: `timeout` of the called service, in its Service Connect configuration",
        terraform:
          "timeout {\n  per_request_timeout_seconds = 60\n} # in service_connect_configuration.service",
      },
    ],
  };
}
