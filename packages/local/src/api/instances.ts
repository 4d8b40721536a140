import type { Instance } from "../registry/model.ts";
import type { Operation } from "./call.ts";
import { page } from "./pages.ts";

/** The operations on instances. */
export const instanceOperations: Readonly<Record<string, Operation>> = {
  RegisterInstance: ({ input, registry }) => {
    const { id } = registry.register(
      input.text("ServiceId"),
      input.text("InstanceId"),
      input.texts("Attributes"),
      input.optionalText("CreatorRequestId"),
    );
    return { OperationId: id };
  },

  DeregisterInstance: ({ input, registry }) => ({
    OperationId: registry.deregister(input.text("ServiceId"), input.text("InstanceId")).id,
  }),

  GetInstance: ({ input, registry }) => {
    const { id: serviceId, namespaceId } = registry.service(input.text("ServiceId"));
    const { owner } = registry.namespace(namespaceId);
    return {
      ResourceOwner: owner,
      Instance: shape(registry.instance(serviceId, input.text("InstanceId")), owner),
    };
  },

  ListInstances: ({ input, registry, view }) => {
    const { id, namespaceId } = registry.service(input.text("ServiceId"));
    const { owner } = registry.namespace(namespaceId);
    const { items, next } = page(input, [...(view.services.get(id)?.instances.values() ?? [])]);
    return { ResourceOwner: owner, Instances: items.map((item) => shape(item, owner)), ...next };
  },

  GetInstancesHealthStatus: ({ input, registry }) => {
    const service = registry.service(input.text("ServiceId"));
    const wanted = input.textList("Instances") ?? [...service.instances.keys()];
    const { items, next } = page(input, wanted);
    const states = items.map((id) => [id, registry.instance(service.id, id).health] as const);
    return { Status: Object.fromEntries(states), ...next };
  },

  UpdateInstanceCustomHealthStatus: ({ input, registry }) => {
    const status = input.choice("Status", ["HEALTHY", "UNHEALTHY"]);
    // AWS answers at once; the status counts later.
    void registry.setHealth(input.text("ServiceId"), input.text("InstanceId"), status);
    return {};
  },
};

function shape(instance: Instance, owner: string): object {
  return {
    Id: instance.id,
    CreatorRequestId: instance.creatorRequestId,
    Attributes: instance.attributes,
    CreatedByAccount: owner,
  };
}
