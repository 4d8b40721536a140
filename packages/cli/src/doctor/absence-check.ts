import { Resolver } from "node:dns/promises";
import { duration } from "../terminal/text.ts";
import type { Check, Told } from "./finding.ts";
import { httpName, namespacesOf } from "./namespaces-check.ts";
import type { Site } from "./site.ts";

/** Absence: for how long resolvers remember that a name was not there: the least of the SOA record's TTL and minimum. */
export const absenceCheck: Check = {
  name: "negative caching",
  about: "for how long DNS remembers that a name was absent (SOA)",
  async look(site) {
    if (!site.setting.sources.includes("dns")) return [];
    return (await Promise.all(namespacesOf(site).map((name) => ofNamespace(site, name)))).flat();
  },
};

/** Seconds. A task that is started again takes about as long. */
const longest = 60;

async function ofNamespace(site: Site, name: string): Promise<Told[]> {
  const told = await site.namespaces();
  const found =
    "value" in told ? told.value.find((one) => httpName(one) === name || one.Name === name) : undefined;
  if (found?.Type === "HTTP") return [];
  const minimum = await soaMinimum(found?.Name ?? name, site.setting.dnsServers);
  const ttl = found?.Properties?.DnsProperties?.SOA?.TTL;
  if (ttl === undefined) return [unseen(name, minimum)];
  const seconds = Math.min(ttl, minimum ?? ttl);
  const evidence = [
    `SOA of ${name}: TTL ${ttl} s by the API, minimum ${minimum ?? "unknown"}${minimum ? " s" : ""} by DNS`,
  ];
  const title = `absence of a name in ${name} is remembered for up to ${duration(seconds * 1_000)}`;
  return [seconds > longest ? tooLong(title, evidence, found?.Id) : { verdict: "good", title, evidence }];
}

async function soaMinimum(zone: string, servers: readonly string[] | undefined): Promise<number | undefined> {
  const resolver = new Resolver({ timeout: 600, tries: 2 });
  if (servers) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), 2_000);
  const soa = await resolver.resolveSoa(zone).catch(() => undefined);
  clearTimeout(timer);
  return soa?.minttl;
}

function unseen(name: string, minimum: number | undefined): Told {
  const bound =
    minimum === undefined ? "DNS does not tell its SOA record" : `its SOA record's minimum is ${minimum} s`;
  return {
    verdict: "unseen",
    title: `for how long absence in ${name} is remembered cannot be told from here`,
    evidence: [bound, "the record's own TTL, which may be shorter, only the API tells (ListNamespaces)"],
  };
}

function tooLong(title: string, evidence: readonly string[], id = "NAMESPACE"): Told {
  return {
    verdict: "note",
    title,
    evidence,
    means:
      "after its last task has gone, a service can look absent for so long although new tasks run; the API sees them",
    changes: [
      {
        what: "Shorten it",
        cli: `aws servicediscovery update-private-dns-namespace --id ${id} --namespace 'Properties={DnsProperties={SOA={TTL=15}}}'`,
      },
    ],
  };
}
