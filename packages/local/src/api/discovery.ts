import { discover, namespaceByHttpName, serviceByName } from "../registry/discover.ts";
import type { Namespace, Service } from "../registry/model.ts";
import type { Call, Operation } from "./call.ts";

/** The two operations of the data plane. */
export const discoveryOperations: Readonly<Record<string, Operation>> = {
  DiscoverInstances: (call) => {
    const { input } = call;
    // Left out, the filter is read as HEALTHY: the API reference does not say, an older overview does.
    const health = input.choice(
      "HealthStatus",
      ["HEALTHY", "UNHEALTHY", "ALL", "HEALTHY_OR_ELSE_ALL"],
      "HEALTHY",
    );
    const query = {
      health,
      maxResults: input.whole("MaxResults", 1, 1_000, 100),
      must: input.texts("QueryParameters"),
      preferred: input.texts("OptionalParameters"),
    };
    const { namespace, service } = named(call);
    const instances = discover(service, query).map((instance) => ({
      InstanceId: instance.id,
      NamespaceName: namespace.httpName,
      ServiceName: service.name,
      HealthStatus: instance.health,
      Attributes: instance.attributes,
    }));
    return { Instances: instances, InstancesRevision: service.revision };
  },

  DiscoverInstancesRevision: (call) => ({ InstancesRevision: named(call).service.revision }),
};

function named({ input, registry, view }: Call): { namespace: Namespace; service: Service } {
  const { account } = registry.options;
  const httpName = input.text("NamespaceName");
  const namespace = namespaceByHttpName(view, httpName, account, input.optionalText("OwnerAccount"));
  return { namespace, service: serviceByName(view, namespace, input.text("ServiceName")) };
}
