import type { Query } from "byname";
import type { ApiFailure, HttpInstanceSummary } from "../aws.ts";
import { count } from "../terminal/text.ts";
import type { Check, Told } from "./finding.ts";
import { httpName } from "./namespaces-check.ts";
import { similar } from "./similar.ts";
import type { Site } from "./site.ts";

/** What is registered: a service that does not exist is told from one that is empty. */
export const registeredCheck: Check = {
  name: "registered",
  about: "unknown services against empty ones, and the health of their instances",
  async look(site) {
    const asked = site.queries.filter(({ service }) => service.httpName !== undefined);
    return Promise.all(asked.map((query) => ofService(site, query)));
  },
};

async function ofService(site: Site, query: Query): Promise<Told> {
  const told = await site.instances(query);
  if ("value" in told) return registered(query, told.value);
  if (told.failure.kind === "service") return unknown(site, query, told.failure);
  return {
    verdict: "unseen",
    service: query.service.key,
    title: "what is registered cannot be seen from here",
    evidence: [`DiscoverInstances: ${told.failure.told}`],
  };
}

function registered({ service }: Query, instances: readonly HttpInstanceSummary[]): Told {
  const bad = instances.filter(({ HealthStatus }) => HealthStatus === "UNHEALTHY").length;
  const where = `${service.discoveryName} in ${service.httpName}`;
  const all = count(instances.length, "instance");
  const evidence = [`${where}: ${all}${bad > 0 ? `, ${bad} of them unhealthy` : ""}`];
  if (instances.length === 0) return empty(service.key, evidence);
  if (bad === instances.length) {
    return {
      verdict: "wrong",
      service: service.key,
      title: "every instance is unhealthy",
      evidence,
      means: "DNS and byname then use all of them, since the check is likelier wrong than every task",
      changes: [{ what: "Look at the container's health check and the tasks' logs", cli: ecs }],
    };
  }
  const title = bad > 0 ? `${instances.length - bad} of ${all} can be called` : `${all} can be called`;
  return { verdict: bad > 0 ? "note" : "good", service: service.key, title, evidence };
}

const ecs =
  "aws ecs describe-services --cluster CLUSTER --services SERVICE --query 'services[].[runningCount,desiredCount,events[:3]]'";

function empty(service: string, evidence: readonly string[]): Told {
  return {
    verdict: "wrong",
    service,
    title: "the service exists, and no instance is registered",
    evidence,
    means:
      "no task runs, none has passed its health check yet, or the Cloud Map service was made anew and the tasks that " +
      "run were not registered there again",
    changes: [
      { what: "Look at the ECS service's tasks and events", cli: ecs },
      {
        what: "Where tasks run all the same, let them register: deploy the called service again",
        cli: "aws ecs update-service --cluster CLUSTER --service SERVICE --force-new-deployment",
        terraform:
          "service_registries {\n  registry_arn = aws_service_discovery_service.this.arn\n} # in the aws_ecs_service",
      },
    ],
  };
}

/** Where it is found all the same, by a fixed address say, that may be as it is meant. */
async function unknown(site: Site, query: Query, { told }: ApiFailure): Promise<Told> {
  const { service } = query;
  const { discoveryName, httpName: namespace } = service;
  const { error } = await site.state(query);
  const names = await namesIn(site, namespace!);
  const near = similar(discoveryName, names ?? []);
  const evidence = [`DiscoverInstances of "${discoveryName}" in "${namespace}": ${told}`];
  if (near.length > 0) evidence.push(`similar: ${near.slice(0, 8).join(", ")}`);
  else if (names) evidence.push(`the namespace has ${count(names.length, "service")}, none like it`);
  else evidence.push("its services cannot be listed from here");
  return {
    verdict: error ? "wrong" : "note",
    service: service.key,
    title: `Cloud Map knows no service "${discoveryName}"`,
    evidence,
    means: "Service Connect registers a service by its discovery name, which need not be the alias",
    changes: [
      {
        what: "Write the name that Cloud Map has into the catalog: `discoveryName`, or `namespace` where that is another",
      },
      {
        what: "Look at what there is",
        cli: "aws servicediscovery list-services --query 'Services[].[Name,Id,InstanceCount]' --output text",
        terraform: `resource "aws_service_discovery_service" "this" {\n  name = "${discoveryName}"\n  dns_config {\n    namespace_id = aws_service_discovery_private_dns_namespace.this.id\n    dns_records {\n      type = "SRV"\n      ttl  = 10\n    }\n  }\n}`,
      },
    ],
  };
}

/** Without Service Connect's own bookkeeping, which has one service for each of its clients. */
async function namesIn(site: Site, namespace: string): Promise<string[] | undefined> {
  const told = await site.namespaces();
  const id = "value" in told && told.value.find((one) => httpName(one) === namespace)?.Id;
  if (!id) return undefined;
  const services = await site.services(id);
  if (!("value" in services)) return undefined;
  return services.value.map(({ Name = "" }) => Name).filter((name) => !name.startsWith("aws-ecs-sc.client."));
}
