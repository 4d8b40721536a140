import type { DnsConfig, Namespace, Operation, Service } from "../registry/model.ts";

/** Shapes: the registry's data in the API's words. Times are seconds since 1970, as JSON 1.1 has them. */
export function namespaceShape(namespace: Namespace, serviceCount: number): object {
  const { hostedZoneId, soaTtl } = namespace;
  return {
    Id: namespace.id,
    Arn: namespace.arn,
    ResourceOwner: namespace.owner,
    Name: namespace.name,
    Type: namespace.type,
    Description: namespace.description,
    ServiceCount: serviceCount,
    Properties: {
      DnsProperties: hostedZoneId && { HostedZoneId: hostedZoneId, SOA: { TTL: soaTtl } },
      HttpProperties: { HttpName: namespace.httpName },
    },
    CreateDate: namespace.createdAt / 1000,
    CreatorRequestId: namespace.creatorRequestId,
  };
}

export function serviceShape(service: Service, owner: string): object {
  return {
    Id: service.id,
    Arn: service.arn,
    ResourceOwner: owner,
    Name: service.name,
    NamespaceId: service.namespaceId,
    Description: service.description,
    InstanceCount: service.instances.size,
    DnsConfig: service.dns && dnsShape(service.dns, service.namespaceId),
    Type: service.dns ? "DNS_HTTP" : "HTTP",
    HealthCheckCustomConfig: service.healthCheck ? { FailureThreshold: 1 } : undefined,
    CreateDate: service.createdAt / 1000,
    CreatorRequestId: service.creatorRequestId,
    CreatedByAccount: owner,
  };
}

export function operationShape(operation: Operation, owner: string): object {
  return {
    Id: operation.id,
    OwnerAccount: owner,
    Type: operation.type,
    Status: operation.status,
    CreateDate: operation.createdAt / 1000,
    UpdateDate: operation.updatedAt / 1000,
    Targets: operation.targets,
  };
}

function dnsShape(dns: DnsConfig, namespaceId: string): object {
  return {
    NamespaceId: namespaceId,
    RoutingPolicy: dns.routing,
    DnsRecords: dns.records.map(({ type, ttl }) => ({ Type: type, TTL: ttl })),
  };
}
