import type { Query } from "byname";
import { count } from "../terminal/text.ts";
import type { Check, Told } from "./finding.ts";
import type { Site } from "./site.ts";

/** The ports: A records and the hosts file have none, so where the catalog has none either, the scheme's is taken. */
export const portsCheck: Check = {
  name: "ports",
  about: "ports that neither a record, an instance nor the catalog tells",
  async look(site) {
    return (await Promise.all(site.queries.map((query) => ofService(site, query)))).flat();
  },
};

async function ofService(site: Site, query: Query): Promise<Told[]> {
  const { service, urlPort, scheme } = query;
  const answers = await site.answers(query);
  const having = answers.filter(({ answer }) => answer === "endpoints");
  if (having.length === 0) return [];
  const guess = scheme === "https" ? 443 : 80;
  const evidence: string[] = [];
  const direct = service.containerPort ?? urlPort ?? service.port;
  if (direct === undefined) {
    // An SRV record has a target, which is the instance's id; an A record has neither that nor a port.
    const dns = having.find(({ source }) => source === "dns");
    if (dns?.endpoints.every(({ id, port }) => id === undefined && port === guess)) {
      evidence.push("DNS has A or AAAA records for it and no SRV record");
    }
    const told = await site.instances(query);
    const portless = "value" in told ? told.value.filter((one) => !one.Attributes?.AWS_INSTANCE_PORT) : [];
    if (portless.length > 0)
      evidence.push(
        `${count(portless.length, "instance")} ${portless.length === 1 ? "has" : "have"} no AWS_INSTANCE_PORT`,
      );
  }
  if (
    urlPort === undefined &&
    service.port === undefined &&
    having.some(({ source }) => source === "serviceConnect")
  )
    evidence.push("the hosts file tells the alias' address and no port");
  const key = service.key;
  if (evidence.length === 0)
    return [{ verdict: "good", service: key, title: "its port is known", evidence: portsOf(having) }];
  return [guessed(key, guess, evidence)];
}

function portsOf(having: readonly { source: string; endpoints: readonly { port: number }[] }[]): string[] {
  return having.map(
    ({ source, endpoints }) => `${source}: ${[...new Set(endpoints.map(({ port }) => port))].join(", ")}`,
  );
}

function guessed(service: string, guess: number, evidence: readonly string[]): Told {
  return {
    verdict: "wrong",
    service,
    title: `nobody tells its port, so ${guess} is taken`,
    evidence,
    means: "a service that listens elsewhere refuses the connection, or another one answers in its place",
    changes: [
      {
        what: "Write it into the catalog: `port` for the alias, `containerPort` for the task",
        cli: `export BYNAME_CONFIG=byname.config.json # { "services": { "${service}": { "port": 80, "containerPort": 8080 } } }`,
      },
      {
        what: "Or let ECS register SRV records, which have it",
        terraform:
          'service_registries {\n  registry_arn   = aws_service_discovery_service.this.arn # dns_records: type = "SRV"\n  container_name = "app"\n  container_port = 8080\n}',
      },
    ],
  };
}
