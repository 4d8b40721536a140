import type { NamespaceSummary } from "../aws.ts";
import type { Check, Told } from "./finding.ts";
import { similar } from "./similar.ts";
import type { Site } from "./site.ts";

/** The namespaces: of which kind they are, and which others look like them. */
export const namespacesCheck: Check = {
  name: "namespaces",
  about: "kinds of namespaces, and look-alikes: an HttpName that differs from the name",
  async look(site) {
    const wanted = namespacesOf(site);
    if (wanted.length === 0) return [none];
    const told = await site.namespaces();
    if ("failure" in told) return [unseen(told.failure.told, told.failure.kind === "denied")];
    return wanted.flatMap((name) => judged(name, namesInDns(site, name), told.value));
  },
};

/** Those of the services, each once, by what the API calls them. */
export function namespacesOf({ queries }: Site): string[] {
  const names = queries.map(({ service }) => service.httpName).filter((name) => name !== undefined);
  return [...new Set(names)];
}

/** By which names DNS is asked for services of this namespace. */
function namesInDns({ queries }: Site, httpName: string): string[] {
  const here = queries.filter(({ service }) => service.httpName === httpName);
  return here.map(({ service }) => service.namespace).filter((name) => name !== undefined);
}

const none: Told = {
  verdict: "note",
  title: "no service has a namespace",
  evidence: ["neither the option `namespace` nor BYNAME_NAMESPACE is set"],
  means: "only Service Connect's aliases and fixed addresses are looked at; DNS and the API are not",
  changes: [
    {
      what: "Set the Cloud Map namespace of the services",
      cli: "aws servicediscovery list-namespaces --query 'Namespaces[].[Name,Type,Properties.HttpProperties.HttpName]' --output text",
      terraform:
        'environment = [{ name = "BYNAME_NAMESPACE", value = aws_service_discovery_private_dns_namespace.this.name }]',
    },
  ],
};

function unseen(told: string, isDenied: boolean): Told {
  return {
    verdict: "unseen",
    title: "the namespaces cannot be listed from here",
    evidence: [`ListNamespaces: ${told}`],
    means: isDenied
      ? "byname does not need this call; only this check does (servicediscovery:ListNamespaces)"
      : "the call goes to servicediscovery.<region>, without `data-`, which a private subnet may have no way to",
    changes: [
      { what: "Run this check where the call is allowed", cli: "aws servicediscovery list-namespaces" },
    ],
  };
}

function judged(wanted: string, inDns: readonly string[], all: readonly NamespaceSummary[]): Told[] {
  const exact = all.find((one) => httpName(one) === wanted);
  const twins = all.filter((one) => one !== exact && one.Name?.toLowerCase() === wanted.toLowerCase());
  if (!exact) {
    const byId = all.find(({ Id, Arn }) => Id === wanted || Arn === wanted);
    if (byId) return [identified(wanted, byId)];
    return [twins.length > 0 ? renamed(wanted, twins) : unknown(wanted, all)];
  }
  const found = kindOf(wanted, inDns, exact);
  return twins.length > 0 ? [found, twin(wanted, exact, twins)] : [found];
}

function kindOf(wanted: string, inDns: readonly string[], exact: NamespaceSummary): Told {
  const evidence = [line(exact)];
  if (exact.Type === "HTTP") {
    return {
      verdict: "note",
      title: `"${wanted}" is an HTTP namespace`,
      evidence,
      means: "it has no DNS at all, so services in it are found by the API (or as Service Connect's aliases)",
    };
  }
  const strange = inDns.find((name) => name.toLowerCase() !== exact.Name?.toLowerCase());
  if (strange !== undefined) {
    return {
      verdict: "wrong",
      title: `"${wanted}" is an HttpName; in DNS the namespace is called "${exact.Name}"`,
      evidence,
      means: `DNS is asked for names in "${strange}", where there are none; the API answers`,
      changes: [
        {
          what: `Set \`namespace\` to "${exact.Name}" and \`httpName\` to "${wanted}"`,
          cli: `export BYNAME_NAMESPACE=${exact.Name} BYNAME_HTTP_NAME=${wanted}`,
        },
      ],
    };
  }
  if (exact.Type === "DNS_PUBLIC") {
    const means = "its records are public, and hold the tasks' private addresses";
    return { verdict: "note", title: `"${wanted}" is a public DNS namespace`, evidence, means };
  }
  return { verdict: "good", title: `"${wanted}" is a private DNS namespace`, evidence };
}

function renamed(wanted: string, twins: readonly NamespaceSummary[]): Told {
  return {
    verdict: "wrong",
    title: `the API knows no "${wanted}": its HttpName differs`,
    evidence: twins.map(line),
    means:
      "a namespace gets another HttpName where its name had been taken before; DNS goes by the name and the API by " +
      "the HttpName, letter for letter",
    changes: [
      {
        what: `Set \`httpName\` to ${eitherOf(twins)}; \`namespace\` stays what DNS has`,
        cli: `export BYNAME_HTTP_NAME=${httpName(twins[0]!)}`,
        terraform:
          'environment = [{ name = "BYNAME_HTTP_NAME", value = aws_service_discovery_private_dns_namespace.this.http_name }]',
      },
    ],
  };
}

/** In words: `"a" or "b"`. */
function eitherOf(namespaces: readonly NamespaceSummary[]): string {
  return namespaces.map((one) => `"${httpName(one)}"`).join(" or ");
}

function identified(wanted: string, namespace: NamespaceSummary): Told {
  return {
    verdict: "wrong",
    title: `"${wanted}" is no name but the ${wanted.startsWith("arn:") ? "ARN" : "id"} of a namespace`,
    evidence: [line(namespace)],
    means: "the discovery calls and DNS go by names only; ECS takes ARNs as well, which is easily mixed up",
    changes: [{ what: "Write its name", cli: `export BYNAME_NAMESPACE=${httpName(namespace)}` }],
  };
}

function twin(wanted: string, exact: NamespaceSummary, twins: readonly NamespaceSummary[]): Told {
  return {
    verdict: "note",
    title: `there is more than one namespace "${wanted}"`,
    evidence: [exact, ...twins].map(line),
    means:
      "the API is asked for the first; which one DNS answers from is up to the zones that this VPC is associated " +
      "with. Where that is another one, the API tells of tasks that are not meant",
    changes: [
      {
        what: `Where this VPC is the other one's, set \`httpName\` to ${eitherOf(twins)}`,
        cli: `export BYNAME_HTTP_NAME=${httpName(twins[0]!)}`,
      },
    ],
  };
}

function unknown(wanted: string, all: readonly NamespaceSummary[]): Told {
  const names = all.map(({ Name = "" }) => Name);
  const near = similar(wanted, names);
  const shown = near.length > 0 ? near : names;
  const listed = shown.slice(0, 8).join(", ");
  return {
    verdict: "wrong",
    title: `there is no namespace "${wanted}"`,
    evidence: [
      `this account and region have ${all.length} namespaces`,
      ...(listed === "" ? [] : [`${near.length > 0 ? "similar" : "among them"}: ${listed}`]),
    ],
    means: "either the name, the account or the region is not the one that was meant",
    changes: [
      {
        what: "Set the right namespace, region or profile",
        cli: "aws servicediscovery list-namespaces",
        terraform: `resource "aws_service_discovery_private_dns_namespace" "this" {\n  name = "${wanted}"\n  vpc  = var.vpc_id\n}`,
      },
    ],
  };
}

export function httpName(namespace: NamespaceSummary): string {
  return namespace.Properties?.HttpProperties?.HttpName ?? namespace.Name ?? "";
}

function line(namespace: NamespaceSummary): string {
  return `${namespace.Id}: name ${namespace.Name}, HttpName ${httpName(namespace)}, ${namespace.Type}`;
}
