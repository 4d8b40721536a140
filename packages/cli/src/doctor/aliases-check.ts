import type { Query } from "byname";
import type { Place } from "../place.ts";
import type { Check, Told } from "./finding.ts";
import type { Site } from "./site.ts";

/** The aliases of Service Connect in the hosts file, against the catalog. */
export const aliasesCheck: Check = {
  name: "aliases",
  about: "Service Connect's aliases in the hosts file, against the catalog",
  async look(site) {
    if (!site.setting.sources.includes("serviceConnect")) return [];
    const place = await site.place();
    const told = await Promise.all(site.queries.map((query) => ofService(site, query, place)));
    const found = told.filter((one) => one !== undefined);
    return found.length > 0 || site.queries.length === 0 ? found : [notHere(site, place)];
  },
};

/** Undefined where there is no alias at all. */
async function ofService(site: Site, query: Query, place: Place): Promise<Told | undefined> {
  const answer = (await site.answers(query)).find(({ source }) => source === "serviceConnect")!;
  const service = query.service.key;
  const { alias } = query.service;
  if (answer.answer === "endpoints") {
    const where = answer.endpoints.map(({ address, port }) => `${address} port ${port}`).join(", ");
    const evidence = [`${site.setting.hostsFile} has "${alias}" at ${where}`];
    return { verdict: "good", service, title: `the alias "${alias}" is there`, evidence };
  }
  const evidence = [answer.detail];
  if (answer.detail.includes("cannot be read")) {
    return { verdict: "wrong", service, title: "the hosts file cannot be read", evidence };
  }
  const hasAliases = !answer.detail.includes("holds no Service Connect alias");
  return hasAliases || place.hasProxy ? missing(service, alias, evidence) : undefined;
}

function notHere({ setting }: Site, place: Place): Told {
  const evidence = [`${setting.hostsFile} holds no Service Connect alias`];
  return { verdict: "note", title: "Service Connect is not here", evidence, means: why(place) };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html */
function missing(service: string, alias: string, evidence: readonly string[]): Told {
  return {
    verdict: "wrong",
    service,
    title: `this task has Service Connect, and no alias "${alias}"`,
    evidence,
    means:
      "a task sees the aliases that there were when its own service was deployed last, and no newer ones; where a " +
      "longer or shorter form of the name is listed, that is the alias",
    changes: [
      {
        what: "Deploy the calling service again, once the called service exists",
        cli: "aws ecs update-service --cluster CLUSTER --service THIS_SERVICE --force-new-deployment",
        terraform: "force_new_deployment = true # in the aws_ecs_service of the caller",
      },
      { what: "Where the alias has another name, write it into the catalog: `alias`" },
    ],
  };
}

function why({ kind, ecsService }: Place): string {
  if (kind === "lambda")
    return "a Lambda function cannot be a client of Service Connect; it uses DNS or the API";
  if (kind === "host") return "only tasks of ECS services have it; elsewhere DNS and the API are used";
  return ecsService
    ? "this ECS service has no Service Connect configuration; DNS and the API are used"
    : "a standalone or scheduled task cannot have Service Connect; DNS and the API are used";
}
