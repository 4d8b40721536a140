import type { Api } from "./api/api.ts";
import type { Dns } from "./dns/dns.ts";
import type { HostsFiles } from "./hosts-files.ts";
import type { ManagedMetadata, NewTask } from "./metadata/metadata.ts";
import type { ServiceConnectProxy } from "./proxy/proxy.ts";

/** Where a process is to believe it runs: a task of ECS, a Lambda function, or any other host. */
export type Place = "ecs" | "lambda" | "host";

interface Surroundings {
  readonly api: Api;
  readonly dns: Dns;
  readonly proxy: ServiceConnectProxy;
  readonly metadata: ManagedMetadata;
  readonly hosts: HostsFiles;
  readonly region: string;
  readonly namespace: string;
}

/** The environment of a process at this place. In a task and a function it is one of their own, new each time. */
export function environment(local: Surroundings, place: Place, task: NewTask): Record<string, string> {
  const { api, dns, proxy, hosts, region, namespace } = local;
  return {
    AWS_ENDPOINT_URL_SERVICEDISCOVERY: api.url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "byname-local",
    AWS_SECRET_ACCESS_KEY: "byname-local",
    BYNAME_NAMESPACE: namespace,
    BYNAME_DNS_SERVERS: dns.address,
    BYNAME_ALLOW: "127.0.0.0/8",
    BYNAME_HOSTS_FILE: place === "ecs" ? hosts.newest : hosts.plain,
    ...(proxy.mode === "loopback" && { BYNAME_SERVICE_CONNECT_RANGE: "127.0.0.1/32" }),
    ...ofPlace(local, place, task),
  };
}

function ofPlace({ metadata, proxy }: Surroundings, place: Place, task: NewTask): Record<string, string> {
  switch (place) {
    case "ecs": {
      const isInMesh = proxy.aliases.length > 0;
      return { ECS_CONTAINER_METADATA_URI_V4: metadata.addTask(task, isInMesh) };
    }
    case "lambda":
      return {
        AWS_LAMBDA_FUNCTION_NAME: task.service ?? "app",
        AWS_LAMBDA_METADATA_API: metadata.address,
        AWS_LAMBDA_METADATA_TOKEN: metadata.addFunction(task),
      };
    case "host":
      return {};
    default:
      return place satisfies never;
  }
}
