import { invalid } from "../registry/aws-error.ts";
import type { DnsConfig, DnsRecord, Namespace, Service } from "../registry/model.ts";
import type { Call, Operation } from "./call.ts";
import type { Input } from "./input.ts";
import { filtered, page } from "./pages.ts";
import { serviceShape } from "./shapes.ts";

/** The operations on services. */
export const serviceOperations: Readonly<Record<string, Operation>> = {
  CreateService: (call) => {
    const { input, registry } = call;
    const config = input.optionalObject("DnsConfig");
    const dns = config && dnsConfig(config);
    const isApiOnly = input.optionalText("Type") !== undefined && input.choice("Type", ["HTTP"]) === "HTTP";
    if (isApiOnly && dns) throw invalid("Type HTTP and DnsConfig exclude each other");
    if (input.optionalObject("HealthCheckConfig")) throw invalid("Route 53 health checks are not emulated");
    const description = input.optionalText("Description");
    const creatorRequestId = input.optionalText("CreatorRequestId");
    const service = registry.createService({
      name: input.text("Name"),
      namespaceId:
        input.optionalText("NamespaceId") ?? config?.optionalText("NamespaceId") ?? input.text("NamespaceId"),
      healthCheck: input.optionalObject("HealthCheckCustomConfig") !== undefined,
      ...(dns && { dns }),
      ...(description !== undefined && { description }),
      ...(creatorRequestId !== undefined && { creatorRequestId }),
    });
    return { Service: shape(call, service) };
  },

  GetService: (call) => ({ Service: shape(call, call.registry.service(call.input.text("Id"))) }),

  ListServices: (call) => {
    const { account } = call.registry.options;
    const visible = [...call.view.services.values()].filter((service) => {
      const { owner, shared } = namespaceOf(call, service);
      return owner === account || shared;
    });
    const found = filtered(call.input, visible, {
      NAMESPACE_ID: ({ namespaceId }) => namespaceId,
      RESOURCE_OWNER: (service) => (namespaceOf(call, service).owner === account ? "SELF" : "OTHER_ACCOUNTS"),
    });
    const { items, next } = page(call.input, found);
    return { Services: items.map((item) => shape(call, item)), ...next };
  },

  UpdateService: ({ input, registry }) => {
    const change = input.object("Service");
    const description = change.optionalText("Description");
    const config = change.optionalObject("DnsConfig");
    const submitted = registry.updateService(input.text("Id"), {
      ...(description !== undefined && { description }),
      ...(config && { records: dnsRecords(config) }),
    });
    return { OperationId: submitted.id };
  },

  DeleteService: ({ input, registry }) => {
    registry.deleteService(input.text("Id"));
    return {};
  },
};

function dnsConfig(config: Input): DnsConfig {
  return {
    routing: config.choice("RoutingPolicy", ["MULTIVALUE", "WEIGHTED"], "MULTIVALUE"),
    records: dnsRecords(config),
  };
}

function dnsRecords(config: Input): DnsRecord[] {
  return config.objects("DnsRecords").map((record) => ({
    type: record.choice("Type", ["A", "AAAA", "SRV", "CNAME"]),
    ttl: record.whole("TTL", 0, 2_147_483_647),
  }));
}

function shape(call: Call, service: Service): object {
  return serviceShape(service, namespaceOf(call, service).owner);
}

function namespaceOf({ registry, view }: Call, { namespaceId }: Service): Namespace {
  return view.namespaces.get(namespaceId) ?? registry.namespace(namespaceId);
}
