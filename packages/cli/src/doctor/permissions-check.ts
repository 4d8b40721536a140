import type { Query } from "byname";
import type { ApiFailure } from "../aws.ts";
import type { Change, Check, Told } from "./finding.ts";
import type { Site } from "./site.ts";

/** The two IAM actions, each asked for by itself: older policies allow only the first. */
export const permissionsCheck: Check = {
  name: "permissions",
  about: "servicediscovery:DiscoverInstances and servicediscovery:DiscoverInstancesRevision, each by itself",
  async look(site) {
    const asked = site.queries.filter(({ service }) => service.httpName !== undefined);
    if (asked.length === 0 || !site.setting.sources.includes("cloudMap")) return [];
    // A condition of the policy may allow one service and deny another.
    return (await Promise.all(asked.map((query) => ofService(site, query)))).flat();
  },
};

async function ofService(site: Site, query: Query): Promise<Told[]> {
  const [instances, revision] = await Promise.all([site.instances(query), site.revision(query)]);
  const all = [
    ["DiscoverInstances", failureIn(instances)],
    ["DiscoverInstancesRevision", failureIn(revision)],
  ] as const;
  const denied = all.filter(([, failure]) => failure?.kind === "denied").map(([action]) => action);
  const service = query.service.key;
  const evidence = all.map(([action, failure]) => `${action}: ${failure ? failure.told : "allowed"}`);
  if (denied.length > 0) return [refused(service, denied, evidence)];
  const other = all.find(([, failure]) => failure && explained[failure.kind]);
  if (other) return [{ ...explained[other[1]!.kind]!, service, evidence }];
  const isAllowed = all.every(
    ([, failure]) => !failure || failure.kind === "service" || failure.kind === "namespace",
  );
  return [
    isAllowed
      ? { verdict: "good", service, title: "both calls are allowed", evidence }
      : { verdict: "unseen", service, title: "the API gave no answer to judge by", evidence },
  ];
}

function failureIn(told: object): ApiFailure | undefined {
  return "failure" in told ? (told.failure as ApiFailure) : undefined;
}

function refused(service: string, denied: readonly string[], evidence: readonly string[]): Told {
  const onlyRevision = denied.length === 1 && denied[0] === "DiscoverInstancesRevision";
  return {
    verdict: "wrong",
    service,
    title: `${denied.join(" and ")} ${denied.length === 1 ? "is" : "are"} denied`,
    evidence,
    means: onlyRevision
      ? "byname then asks for all instances each time, which counts three times as much against the account's quota"
      : "the API is no source for this service: when DNS knows nothing either, nothing is left",
    changes: [policy],
  };
}

const actions = ["servicediscovery:DiscoverInstances", "servicediscovery:DiscoverInstancesRevision"];
const document = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }],
});

const policy: Change = {
  what: "Allow both actions to the role of the task or function",
  cli: `aws iam put-role-policy --role-name ROLE --policy-name byname --policy-document '${document}'`,
  terraform: `resource "aws_iam_role_policy" "byname" {
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Resource = "*", Action = [
      "${actions[0]}",
      "${actions[1]}",
    ] }]
  })
}`,
};

const explained: Partial<Readonly<Record<ApiFailure["kind"], Omit<Told, "service" | "evidence">>>> = {
  credentials: {
    verdict: "wrong",
    title: "no AWS credentials were found",
    means: "the API cannot be asked; DNS and Service Connect need no credentials",
    changes: [
      {
        what: "Give the task or function a role, or choose a profile",
        cli: "aws sts get-caller-identity",
        terraform: "task_role_arn = aws_iam_role.this.arn # in the aws_ecs_task_definition",
      },
    ],
  },
  identity: {
    verdict: "wrong",
    title: "the AWS credentials were not accepted",
    means: "they have expired, belong to another partition, or this machine's clock is wrong (see below)",
    changes: [{ what: "Look at whom they belong to", cli: "aws sts get-caller-identity" }],
  },
  throttled: {
    verdict: "wrong",
    title: "the API's quota is used up",
    means:
      "it is shared by all of the account in this region (1,000 calls a second), other programs included",
    changes: [
      {
        what: "Find who asks so much, or ask for a higher quota",
        cli: "aws service-quotas list-services --query \"Services[?contains(ServiceName, 'Cloud Map')]\"",
      },
    ],
  },
};
