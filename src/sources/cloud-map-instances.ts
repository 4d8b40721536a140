import type { HttpInstanceSummary } from "@aws-sdk/client-servicediscovery";
import type { FoundEndpoint } from "../ground/endpoint.ts";
import { isIP } from "../ground/ip.ts";
import { isHostName, isPort } from "../ground/service-name.ts";

/** Registered: what an answer of DiscoverInstances holds that can be called. */
export interface Registered {
  readonly endpoints: readonly FoundEndpoint[];
  /** Instances that are a host name, to be resolved each time anew. */
  readonly hosts: readonly RegisteredHost[];
  /** How many instances there were, those that cannot be called included. */
  readonly total: number;
}

export interface RegisteredHost {
  readonly host: string;
  readonly port?: number;
  readonly zone?: string;
}

/**
 * Reads the attributes that Cloud Map defines
 * (https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html), AVAILABILITY_ZONE of ECS, and READY of
 * the multi-cluster controller for EKS. Health is not looked at: the API was asked for healthy ones first, and says
 * UNKNOWN for all instances of a service without a health check.
 */
export function registered(instances: readonly HttpInstanceSummary[]): Registered {
  const endpoints: FoundEndpoint[] = [];
  const hosts: RegisteredHost[] = [];
  for (const { InstanceId: id, Attributes: attributes = {} } of instances) {
    if (attributes.READY?.toLowerCase() === "false") continue;
    const where = { ...portOf(attributes), ...zoneOf(attributes) };
    const address = addressOf(attributes);
    const host = hostOf(attributes);
    if (address !== undefined) endpoints.push({ address, ...where, ...(id ? { id } : {}) });
    else if (host !== undefined) hosts.push({ host, ...where });
  }
  return { endpoints, hosts, total: instances.length };
}

type Attributes = Readonly<Record<string, string>>;

/** IPv4 first: every task has it, and not every caller has IPv6. */
function addressOf({ AWS_INSTANCE_IPV4: four = "", AWS_INSTANCE_IPV6: six = "" }: Attributes) {
  return [four, six].find((address) => isIP(address) !== 0);
}

function hostOf({ AWS_INSTANCE_CNAME: cname, AWS_ALIAS_DNS_NAME: alias }: Attributes): string | undefined {
  const names = [cname, alias].map((name) => (name ?? "").toLowerCase().replace(/\.$/, ""));
  return names.find(isHostName);
}

function portOf({ AWS_INSTANCE_PORT: text = "" }: Attributes): { port?: number } {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return isPort(port) ? { port } : {};
}

function zoneOf({ AVAILABILITY_ZONE: zone }: Attributes): { zone?: string } {
  return zone ? { zone } : {};
}
