import type { Query } from "byname";
import { authority } from "../resolve/survey.ts";
import { count } from "../terminal/text.ts";
import { connects } from "./connects.ts";
import type { Check, Told } from "./finding.ts";
import type { Site } from "./site.ts";

/** The endpoints: whether a connection to them can be made; nothing is sent. */
export const endpointsCheck: Check = {
  name: "endpoints",
  about: "whether endpoints accept a connection, refuse it, or do not answer at all",
  async look(site) {
    return (await Promise.all(site.queries.map((query) => ofService(site, query)))).flat();
  },
};

/** Milliseconds; as long as byname's own limit. */
const limit = 2_000;
/** Of a service with more, this many are tried: the others would say no more. */
const most = 20;

async function ofService(site: Site, query: Query): Promise<Told[]> {
  const state = await site.state(query);
  if (state.error) return [];
  const service = query.service.key;
  const tried = state.endpoints.slice(0, most);
  const outcomes = await Promise.all(
    tried.map(async (one) => ({ one, outcome: await connects(one, limit) })),
  );
  const evidence = outcomes.map(({ one, outcome }) => `${authority(one)}: ${words[outcome]}`);
  const failed = outcomes.filter(({ outcome }) => outcome !== "connected");
  if (failed.length > 0) {
    const isLost = failed.length === tried.length;
    return [unreached(service, isLost, new Set(failed.map(({ outcome }) => outcome)), evidence)];
  }
  if (state.source === "serviceConnect") return [proxied(service, evidence)];
  return [
    { verdict: "good", service, title: `${count(tried.length, "endpoint")} can be connected to`, evidence },
  ];
}

const words = {
  connected: "connected",
  refused: "refuses the connection",
  silent: `no answer within ${limit / 1_000} s`,
  unreachable: "no way to it",
} as const;

/** Every port of an alias' address leads to the proxy, which accepts whatever stands behind it. */
function proxied(service: string, evidence: readonly string[]): Told {
  return {
    verdict: "unseen",
    service,
    title: "Service Connect's proxy accepts connections; the tasks behind it cannot be seen from here",
    evidence,
    means: "it accepts for a service without tasks as well, and only a request shows that",
    changes: [{ what: "Make one", cli: `npx @byname/cli trace http://${service}/` }],
  };
}

function unreached(
  service: string,
  isLost: boolean,
  how: ReadonlySet<string>,
  evidence: readonly string[],
): Told {
  const isSilent = how.has("silent") || how.has("unreachable");
  return {
    verdict: isLost ? "broken" : "wrong",
    service,
    title: `${isLost ? "no endpoint" : "not every endpoint"} can be connected to`,
    evidence,
    means: [how.has("refused") ? refusing : "", isSilent ? silent : ""].filter(Boolean).join("; "),
    changes: isSilent ? [securityGroup] : [listening],
  };
}

const refusing = "refused: the machine is there, and nothing listens at that port";
const silent =
  "no answer: the task has vanished, a security group drops what comes, or there is no route from here";

const listening = {
  what: "Look at the port: a task is called at its container port, not at the alias' (`containerPort`)",
  cli: "aws ecs describe-task-definition --task-definition FAMILY --query 'taskDefinition.containerDefinitions[].portMappings'",
};

const securityGroup = {
  what: "Let the callers' security group in at the container's port, and look whether the task still runs",
  cli: "aws ec2 authorize-security-group-ingress --group-id TASKS_GROUP --protocol tcp --port 8080 --source-group CALLERS_GROUP",
  terraform: `resource "aws_vpc_security_group_ingress_rule" "callers" {
  security_group_id            = var.tasks_security_group_id
  referenced_security_group_id = var.callers_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}`,
};
