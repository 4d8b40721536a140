import type { Query } from "byname";
import type { Change, Check, Told } from "./finding.ts";
import { httpName } from "./namespaces-check.ts";
import type { Site } from "./site.ts";

/** The records: what DNS has for each service, against what the API has. */
export const recordsCheck: Check = {
  name: "records",
  about: "what DNS has for a service, against what the API has",
  async look(site) {
    const asked = site.queries.filter(({ service }) => service.namespace !== undefined);
    if (!site.setting.sources.includes("dns")) return [];
    return Promise.all(asked.map((query) => ofService(site, query)));
  },
};

async function ofService(site: Site, query: Query): Promise<Told> {
  const answer = (await site.answers(query)).find(({ source }) => source === "dns")!;
  const service = query.service.key;
  const evidence = [answer.detail];
  switch (answer.answer) {
    case "endpoints":
      return (
        (await partly(site, query, answer.endpoints.length)) ?? {
          verdict: "good",
          service,
          title: "DNS has it",
          evidence,
        }
      );
    case "notFound":
      return absent(site, query, evidence);
    case "empty":
      return {
        verdict: "wrong",
        service,
        title: "its name is in DNS, without an address",
        evidence,
        means: noData,
      };
    case "unavailable":
      return {
        verdict: "wrong",
        service,
        title: "DNS could not be asked for it",
        evidence,
        means: "every lookup of it waits for DNS first; see the name servers above",
      };
    default:
      return { verdict: "note", service, title: "DNS is not asked for it", evidence };
  }
}

/** Route 53 tells eight of them, at random: https://docs.aws.amazon.com/cloud-map/latest/api/API_DnsConfig.html */
async function partly(site: Site, query: Query, seen: number): Promise<Told | undefined> {
  const told = await site.instances(query);
  const all = "value" in told ? told.value.length : 0;
  if (seen < 8 || all <= seen) return undefined;
  return {
    verdict: "note",
    service: query.service.key,
    title: "DNS tells a part of its instances only",
    evidence: [`DNS has ${seen}, the API has ${all}`],
    means:
      "each answer has eight of them at most; byname puts several answers together, which takes a few lifetimes",
    changes: [
      { what: 'Ask the API first for this many: `sources: ["serviceConnect", "cloudMap", "dns", "fixed"]`' },
    ],
  };
}

const noData =
  "the record is of another type than A, AAAA and SRV, its target has no address, or a caching server in between " +
  "remembers that there was nothing";

async function absent(site: Site, query: Query, evidence: readonly string[]): Promise<Told> {
  const { key: service, httpName: namespace } = query.service;
  const [told, namespaces] = await Promise.all([site.instances(query), site.namespaces()]);
  const registered = "value" in told ? told.value.length : 0;
  const kind =
    "value" in namespaces ? namespaces.value.find((one) => httpName(one) === namespace)?.Type : undefined;
  if (kind === "HTTP") {
    const means = "an HTTP namespace has no DNS; the API is the way to it";
    return { verdict: "note", service, title: "DNS cannot have it", evidence, means };
  }
  if (registered === 0) {
    const means = "the name of a service vanishes from DNS with its last instance";
    return {
      verdict: "note",
      service,
      title: "DNS has no such name, and the API no instance",
      evidence,
      means,
    };
  }
  return {
    verdict: "wrong",
    service,
    title: "DNS has no such name, and the API has instances",
    evidence: [...evidence, `the API has ${registered} of them`],
    means:
      "the service was made without DNS records (Service Connect makes them so), this VPC is not associated with the " +
      "private zone, or a resolver remembers that the name was absent",
    changes: [zone],
  };
}

const zone: Change = {
  what: "Where DNS is to have it: give the service DNS records, and associate the zone with this VPC",
  cli: "aws route53 associate-vpc-with-hosted-zone --hosted-zone-id ZONE --vpc VPCRegion=REGION,VPCId=VPC",
  terraform:
    'resource "aws_route53_zone_association" "this" {\n  zone_id = aws_service_discovery_private_dns_namespace.this.hosted_zone\n  vpc_id  = var.vpc_id\n}',
};
