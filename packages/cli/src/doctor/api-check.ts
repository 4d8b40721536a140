import { lookup } from "node:dns/promises";
import type { Check, Told } from "./finding.ts";
import type { Knock } from "./knock.ts";
import type { Site } from "./site.ts";

/** The way to the API: the discovery calls have a host, and a VPC endpoint, of their own. */
export const apiCheck: Check = {
  name: "api endpoint",
  about: "the way to data-servicediscovery.<region>: its name, its VPC endpoint, whether it answers",
  async look(site) {
    if (!site.setting.sources.includes("cloudMap")) return [];
    const knock = await site.knocked();
    if (!knock) return [unseen];
    if (knock.unresolved) return [nameless(knock)];
    if (knock.connection === "connected") return [reached(knock)];
    return [await unreached(knock, site)];
  },
};

const unseen: Told = {
  verdict: "unseen",
  title: "the API's address cannot be told",
  evidence: ["no region is known, and no endpoint is set"],
};

function reached({ url, addresses }: Knock): Told {
  const isPrivate = addresses.some(isPrivateAddress);
  const way = isPrivate ? "by a private address: a VPC endpoint, or an emulator" : "by a public address";
  return {
    verdict: "good",
    title: "the API can be reached",
    evidence: [`${url.host} ${way} (${addresses.join(", ")})`],
  };
}

function nameless({ url, unresolved }: Knock): Told {
  return {
    verdict: "wrong",
    title: "the API's name leads nowhere",
    evidence: [`${url.hostname}: ${unresolved}`],
    means: "either the region does not exist, or the resolver does not know AWS's names",
    changes: [
      { what: "Look at the region, and at the name servers above", cli: `dig +short ${url.hostname}` },
    ],
  };
}

async function unreached({ url, addresses, connection }: Knock, site: Site): Promise<Told> {
  const region = await site.region();
  const evidence = [`${url.host} (${addresses.join(", ")}): ${says[connection]}`];
  if (!site.setting.endpoint && region) evidence.push(...(await ofOtherEndpoint(region)));
  return {
    verdict: "wrong",
    title: "the API does not answer",
    evidence,
    means: site.setting.endpoint
      ? "the endpoint that is set is not where the API is, or its security group lets nobody in"
      : "a subnet without a way to the internet needs the VPC endpoint data-servicediscovery; the one called " +
        "servicediscovery does not serve DiscoverInstances",
    changes: [endpointFor(region ?? "REGION")],
  };
}

const says = {
  refused: "nobody listens there (connection refused)",
  silent: "nothing came back in time",
  unreachable: "there is no way to it",
  connected: "connected",
} as const;

/** The usual mistake: there is an endpoint for the other calls, whose name then has a private address. */
async function ofOtherEndpoint(region: string): Promise<string[]> {
  const host = `servicediscovery.${region}.amazonaws.com`;
  const found = await lookup(host).catch(() => undefined);
  return found && isPrivateAddress(found.address)
    ? [
        `${host} has the private address ${found.address}: that endpoint is there, and is not the one that is needed`,
      ]
    : [];
}

function endpointFor(region: string) {
  return {
    what: "Make the interface endpoint for the discovery calls, with private DNS",
    cli: `aws ec2 create-vpc-endpoint --vpc-id VPC --vpc-endpoint-type Interface --service-name com.amazonaws.${region}.data-servicediscovery --subnet-ids SUBNET --security-group-ids GROUP --private-dns-enabled`,
    terraform: `resource "aws_vpc_endpoint" "data_servicediscovery" {
  vpc_id              = var.vpc_id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${region}.data-servicediscovery"
  subnet_ids          = var.private_subnet_ids
  security_group_ids  = [var.https_from_vpc_security_group_id]
  private_dns_enabled = true
}`,
  };
}

function isPrivateAddress(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|127\.|f[cd]|::1$)/i.test(
    address,
  );
}
