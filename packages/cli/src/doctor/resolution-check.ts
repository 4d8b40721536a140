import type { Query } from "byname";
import { count, duration } from "../terminal/text.ts";
import type { Check, Told } from "./finding.ts";
import type { Site } from "./site.ts";

/** The promise: each service can be resolved. */
export const resolutionCheck: Check = {
  name: "resolution",
  about: "whether each service can be resolved, and by which source",
  look: (site) => Promise.all(site.queries.map((query) => ofService(site, query))),
};

async function ofService(site: Site, query: Query): Promise<Told> {
  const [state, answers] = await Promise.all([site.state(query), site.answers(query)]);
  const service = query.service.key;
  const evidence = answers.map(({ source, detail, ms }) => `${source}: ${detail} (${duration(ms)})`);
  if (!state.error) {
    const title = `resolved by ${state.source}: ${count(state.endpoints.length, "endpoint")}`;
    return { verdict: "good", service, title, evidence };
  }
  const { hint = "" } = state.error as { hint?: string };
  return {
    verdict: "broken",
    service,
    title: `cannot be resolved (${state.error.code})`,
    evidence,
    means: "no source has an endpoint for it, so every request to it fails",
    changes: [{ what: hint || state.error.message }],
  };
}
