import { getServers } from "node:dns";
import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import type { Check, Told } from "./finding.ts";

/** The name servers: whether they answer, and whether they can know the VPC's private zones. */
export const nameServersCheck: Check = {
  name: "name servers",
  about: "whether the resolver answers, and whether it is the VPC's",
  async look({ setting, queries }) {
    if (!setting.sources.includes("dns")) return [];
    const servers = setting.dnsServers ?? getServers();
    const zone = queries.map(({ service }) => service.namespace).find((name) => name !== undefined);
    const probed = await Promise.all(
      servers.map(async (server) => ({ server, said: await probe(server, zone ?? "amazonaws.com") })),
    );
    return probed.map(({ server, said }) => (said === undefined ? answers(server) : deaf(server, said)));
  },
};

/** Milliseconds for one server. */
const limit = 2_000;

/** Why there was no answer. That a name does not exist is an answer. */
async function probe(server: string, zone: string): Promise<string | undefined> {
  const resolver = new Resolver({ timeout: 600, tries: 2 });
  const timer = setTimeout(() => resolver.cancel(), limit);
  try {
    resolver.setServers([server]);
    await resolver.resolveSoa(zone);
    return undefined;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return code === "ENOTFOUND" || code === "ENODATA" ? undefined : (words[code] ?? code);
  } finally {
    clearTimeout(timer);
  }
}

const words: Readonly<Record<string, string>> = {
  ETIMEOUT: "no answer in time",
  ECANCELLED: "no answer in time",
  ECONNREFUSED: "nobody listens there (ECONNREFUSED)",
  EREFUSED: "it refuses to answer (REFUSED)",
  ESERVFAIL: "it fails (SERVFAIL)",
};

function answers(server: string): Told {
  const kind = kindOf(server);
  const evidence = [`${server} answers: ${kind.name}`];
  if (kind.knowsZones) return { verdict: "good", title: "the name server answers", evidence };
  return {
    verdict: "note",
    title: "the name server answers, and is not the VPC's own",
    evidence,
    means: "private hosted zones are only seen through it where it forwards to the VPC's resolver",
    changes: [
      {
        what: "Let it forward the namespace to the VPC's resolver (169.254.169.253), or ask that one: `dns.servers`",
      },
    ],
  };
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
export function kindOf(server: string): { readonly name: string; readonly knowsZones: boolean } {
  const host = isIP(server) ? server : server.replace(/^\[?(.*?)\]?:\d+$/, "$1");
  if (host === "169.254.169.253" || host === "fd00:ec2::253")
    return { name: "the resolver of the VPC", knowsZones: true };
  if (host === "169.254.78.1") return { name: "Lambda's way to the resolver of the VPC", knowsZones: true };
  if (/^(10|172|192)\.\d+\.\d+\.2$/.test(host))
    return { name: "by its .2 the resolver of the VPC", knowsZones: true };
  if (host === "127.0.0.11") return { name: "Docker's forwarder", knowsZones: false };
  if (host.startsWith("127.") || host === "::1")
    return { name: "a server on this machine", knowsZones: false };
  return { name: "neither the VPC's .2 nor 169.254.169.253", knowsZones: false };
}

function deaf(server: string, said: string): Told {
  return {
    verdict: "wrong",
    title: "a name server does not answer",
    evidence: [`${server}: ${said}`],
    means: said.includes("(REFUSED)")
      ? "the VPC's resolver says so when a network interface asks more than 1,024 times a second"
      : "each lookup by DNS waits for it before another source has the word",
    changes: [
      {
        what: "Switch DNS on in the VPC, allow UDP and TCP port 53 to it, or set the right servers in `dns.servers`",
        cli: "aws ec2 modify-vpc-attribute --vpc-id VPC --enable-dns-support",
        terraform: "enable_dns_support   = true # in the aws_vpc\nenable_dns_hostnames = true",
      },
    ],
  };
}
