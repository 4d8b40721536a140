import type { NewNamespace } from "../registry/registry.ts";
import type { Call, Operation } from "./call.ts";
import type { Input } from "./input.ts";
import { filtered, page } from "./pages.ts";
import { namespaceShape, operationShape } from "./shapes.ts";

/** The operations on namespaces, and those on the operations they begin. */
export const namespaceOperations: Readonly<Record<string, Operation>> = {
  CreateHttpNamespace: ({ input, registry }) => {
    const { id } = registry.createNamespace({ type: "HTTP", ...common(input) });
    return { OperationId: id };
  },

  CreatePrivateDnsNamespace: ({ input, registry }) => {
    const soa = input.optionalObject("Properties")?.optionalObject("DnsProperties")?.optionalObject("SOA");
    const { id } = registry.createNamespace({
      type: "DNS_PRIVATE",
      ...common(input),
      vpc: input.text("Vpc"),
      ...(soa && { soaTtl: soa.whole("TTL", 0, 2_147_483_647) }),
    });
    return { OperationId: id };
  },

  GetNamespace: ({ input, registry }) => {
    const namespace = registry.namespace(input.text("Id"));
    return { Namespace: namespaceShape(namespace, registry.servicesIn(namespace.id).length) };
  },

  ListNamespaces: (call) => {
    const { account } = call.registry.options;
    const visible = [...call.view.namespaces.values()].filter(
      ({ owner, shared }) => owner === account || shared,
    );
    const found = filtered(call.input, visible, {
      TYPE: ({ type }) => type,
      NAME: ({ name }) => name,
      HTTP_NAME: ({ httpName }) => httpName,
      RESOURCE_OWNER: ({ owner }) => (owner === account ? "SELF" : "OTHER_ACCOUNTS"),
    });
    const { items, next } = page(call.input, found);
    return { Namespaces: items.map((item) => namespaceShape(item, countServices(call, item.id))), ...next };
  },

  DeleteNamespace: ({ input, registry }) => ({ OperationId: registry.deleteNamespace(input.text("Id")).id }),

  GetOperation: ({ input, registry }) => {
    const operation = registry.operations.get(input.text("OperationId"));
    return { Operation: operationShape(operation, registry.options.account) };
  },

  ListOperations: ({ input, registry }) => {
    const found = filtered(input, registry.operations.list(), {
      NAMESPACE_ID: ({ targets }) => targets.NAMESPACE ?? "",
      SERVICE_ID: ({ targets }) => targets.SERVICE ?? "",
      STATUS: ({ status }) => status,
      TYPE: ({ type }) => type,
    });
    const { items, next } = page(input, found);
    return { Operations: items.map(({ id, status }) => ({ Id: id, Status: status })), ...next };
  },
};

function common(input: Input): Pick<NewNamespace, "name" | "description" | "creatorRequestId"> {
  const description = input.optionalText("Description");
  const creatorRequestId = input.optionalText("CreatorRequestId");
  return {
    name: input.text("Name"),
    ...(description !== undefined && { description }),
    ...(creatorRequestId !== undefined && { creatorRequestId }),
  };
}

function countServices({ view }: Call, namespaceId: string): number {
  return [...view.services.values()].filter((service) => service.namespaceId === namespaceId).length;
}
