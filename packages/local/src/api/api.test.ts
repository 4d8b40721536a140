import { Agent } from "node:http";
import {
  CreateHttpNamespaceCommand,
  CreatePrivateDnsNamespaceCommand,
  CreateServiceCommand,
  DeleteNamespaceCommand,
  DeleteServiceCommand,
  DeregisterInstanceCommand,
  DiscoverInstancesCommand,
  type DiscoverInstancesCommandInput,
  DiscoverInstancesRevisionCommand,
  GetInstanceCommand,
  GetInstancesHealthStatusCommand,
  GetNamespaceCommand,
  GetOperationCommand,
  GetServiceCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListOperationsCommand,
  ListServicesCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
  type ServiceDiscoveryClientConfig,
  UpdateInstanceCustomHealthStatusCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-servicediscovery";
import { afterEach, describe, expect, it } from "vitest";
import { type Local, startLocal } from "../local.ts";
import type { LocalOptions } from "../options.ts";

/** The API, asked by the AWS SDK as it comes. */
/** For what a busy machine takes its time for. */
const patience = { timeout: 10_000 };
let local: Local;
let client: ServiceDiscoveryClient;

async function start(options: LocalOptions = {}, config: ServiceDiscoveryClientConfig = {}): Promise<void> {
  local = await startLocal(options);
  client = new ServiceDiscoveryClient({
    endpoint: local.api.url,
    region: "eu-west-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    disableHostPrefix: true,
    maxAttempts: 1,
    ...config,
  });
}

afterEach(async () => {
  client.destroy();
  await local.close();
});

async function discovered(input: Partial<DiscoverInstancesCommandInput> = {}) {
  const command = new DiscoverInstancesCommand({
    NamespaceName: "sd.local",
    ServiceName: "orders",
    ...input,
  });
  return (await client.send(command)).Instances ?? [];
}

async function idsOf(input: Partial<DiscoverInstancesCommandInput> = {}): Promise<string[]> {
  return (await discovered(input)).map(({ InstanceId }) => InstanceId!).sort();
}

async function revision(ServiceName = "orders"): Promise<number> {
  const command = new DiscoverInstancesRevisionCommand({ NamespaceName: "sd.local", ServiceName });
  return (await client.send(command)).InstancesRevision!;
}

/** The whole life of a namespace and a service, without startLocal's help. */
async function createOrders(): Promise<{ namespaceId: string; serviceId: string }> {
  await client.send(new CreatePrivateDnsNamespaceCommand({ Name: "sd.local", Vpc: "vpc-1" }));
  const [namespace] = (await client.send(new ListNamespacesCommand({}))).Namespaces!;
  const { Service } = await client.send(
    new CreateServiceCommand({
      Name: "orders",
      NamespaceId: namespace!.Id!,
      DnsConfig: { DnsRecords: [{ Type: "A", TTL: 10 }] },
      HealthCheckCustomConfig: {},
    }),
  );
  return { namespaceId: namespace!.Id!, serviceId: Service!.Id! };
}

const at = (address: string) => ({ AWS_INSTANCE_IPV4: address });

describe("from an empty account", () => {
  it("creates, describes and deletes a private namespace", async () => {
    await start();
    const { OperationId } = await client.send(
      new CreatePrivateDnsNamespaceCommand({
        Name: "sd.local",
        Vpc: "vpc-1",
        Description: "the shop",
        Properties: { DnsProperties: { SOA: { TTL: 15 } } },
      }),
    );
    const { Operation } = await client.send(new GetOperationCommand({ OperationId }));
    expect(Operation).toMatchObject({ Status: "SUCCESS", Type: "CREATE_NAMESPACE" });
    const Id = Operation!.Targets!.NAMESPACE!;
    const { Namespace } = await client.send(new GetNamespaceCommand({ Id }));
    expect(Namespace).toMatchObject({
      Id: expect.stringMatching(/^ns-[a-z0-9]{16}$/),
      Arn: `arn:aws:servicediscovery:eu-west-1:111122223333:namespace/${Id}`,
      ResourceOwner: "111122223333",
      Name: "sd.local",
      Type: "DNS_PRIVATE",
      Description: "the shop",
      ServiceCount: 0,
      Properties: {
        DnsProperties: { HostedZoneId: expect.stringMatching(/^Z/), SOA: { TTL: 15 } },
        HttpProperties: { HttpName: "sd.local" },
      },
    });
    expect(Namespace!.CreateDate!.getTime()).toBeGreaterThan(Date.now() - 60_000);
    await client.send(new DeleteNamespaceCommand({ Id }));
    expect((await client.send(new ListNamespacesCommand({}))).Namespaces).toEqual([]);
  });

  it("creates a service, finds it by id and by ARN, changes its TTL and deletes it", async () => {
    await start();
    const { serviceId, namespaceId } = await createOrders();
    const { Service } = await client.send(new GetServiceCommand({ Id: serviceId }));
    expect(Service).toMatchObject({
      Name: "orders",
      NamespaceId: namespaceId,
      Type: "DNS_HTTP",
      InstanceCount: 0,
      DnsConfig: { RoutingPolicy: "MULTIVALUE", DnsRecords: [{ Type: "A", TTL: 10 }] },
      HealthCheckCustomConfig: { FailureThreshold: 1 },
    });
    const change = { DnsConfig: { DnsRecords: [{ Type: "A" as const, TTL: 60 }] } };
    await client.send(new UpdateServiceCommand({ Id: Service!.Arn!, Service: change }));
    const changed = await client.send(new GetServiceCommand({ Id: Service!.Arn! }));
    expect(changed.Service!.DnsConfig!.DnsRecords).toEqual([{ Type: "A", TTL: 60 }]);
    await client.send(new UpdateServiceCommand({ Id: serviceId, Service: { Description: "no records" } }));
    const bare = await client.send(new GetServiceCommand({ Id: serviceId }));
    expect(bare.Service).toMatchObject({ Description: "no records" });
    expect(bare.Service).not.toHaveProperty("DnsConfig");
    await client.send(new DeleteServiceCommand({ Id: serviceId }));
    await expect(client.send(new GetServiceCommand({ Id: serviceId }))).rejects.toMatchObject({
      name: "ServiceNotFound",
    });
  });

  it("registers an instance, replaces it under its id, and deregisters it", async () => {
    await start();
    const { serviceId: ServiceId } = await createOrders();
    for (const address of ["10.0.0.1", "10.0.0.2"]) {
      await client.send(
        new RegisterInstanceCommand({ ServiceId, InstanceId: "one", Attributes: at(address) }),
      );
    }
    const { Instance } = await client.send(new GetInstanceCommand({ ServiceId, InstanceId: "one" }));
    expect(Instance).toMatchObject({ Id: "one", Attributes: at("10.0.0.2") });
    expect((await client.send(new ListInstancesCommand({ ServiceId }))).Instances).toHaveLength(1);
    await client.send(new DeregisterInstanceCommand({ ServiceId, InstanceId: "one" }));
    expect(await discovered()).toEqual([]);
  });

  it("reads a namespace of its own account by its operations", async () => {
    await start();
    const { serviceId: ServiceId } = await createOrders();
    await client.send(
      new RegisterInstanceCommand({ ServiceId, InstanceId: "one", Attributes: at("10.0.0.1") }),
    );
    const { Operations } = await client.send(
      new ListOperationsCommand({ Filters: [{ Name: "TYPE", Values: ["REGISTER_INSTANCE"] }] }),
    );
    const { Operation } = await client.send(new GetOperationCommand({ OperationId: Operations![0]!.Id! }));
    expect(Operation!.Targets).toMatchObject({ INSTANCE: "one", SERVICE: ServiceId });
  });
});

describe("DiscoverInstances", () => {
  it("gives address, port, zone and names of each instance", async () => {
    await start({
      services: { orders: { instances: [{ id: "one", port: 3000, zone: "eu-west-1a" }] } },
    });
    expect(await discovered()).toEqual([
      {
        InstanceId: "one",
        NamespaceName: "sd.local",
        ServiceName: "orders",
        HealthStatus: "UNKNOWN",
        Attributes: {
          AWS_INSTANCE_IPV4: "127.0.0.1",
          AWS_INSTANCE_PORT: "3000",
          AVAILABILITY_ZONE: "eu-west-1a",
        },
      },
    ]);
  });

  it("answers an empty list, not an error, for a service without instances", async () => {
    await start({ services: { orders: {} } });
    expect(await discovered()).toEqual([]);
  });

  it("filters by health; left out, only healthy ones count", async () => {
    await start({
      services: {
        orders: {
          healthCheck: true,
          instances: [
            { id: "well", port: 1 },
            { id: "ill", port: 2, health: "UNHEALTHY" },
          ],
        },
      },
    });
    expect(await idsOf()).toEqual(["well"]);
    expect(await idsOf({ HealthStatus: "HEALTHY" })).toEqual(["well"]);
    expect(await idsOf({ HealthStatus: "UNHEALTHY" })).toEqual(["ill"]);
    expect(await idsOf({ HealthStatus: "ALL" })).toEqual(["ill", "well"]);
    expect(await idsOf({ HealthStatus: "HEALTHY_OR_ELSE_ALL" })).toEqual(["well"]);
  });

  it("fails open with HEALTHY_OR_ELSE_ALL where nothing is healthy", async () => {
    await start({
      services: { orders: { healthCheck: true, instances: [{ id: "ill", port: 2, health: "UNHEALTHY" }] } },
    });
    expect(await idsOf({ HealthStatus: "HEALTHY" })).toEqual([]);
    expect(await idsOf({ HealthStatus: "HEALTHY_OR_ELSE_ALL" })).toEqual(["ill"]);
  });

  it("ignores the health filter of a service without a health check", async () => {
    await start({ services: { orders: { instances: [{ id: "one", port: 1 }] } } });
    expect(await idsOf({ HealthStatus: "UNHEALTHY" })).toEqual(["one"]);
  });

  it("demands query parameters and prefers optional ones", async () => {
    await start({
      services: {
        orders: {
          instances: [
            { id: "blue-a", port: 1, zone: "a", attributes: { COLOUR: "blue" } },
            { id: "blue-b", port: 2, zone: "b", attributes: { COLOUR: "blue" } },
            { id: "green", port: 3, zone: "a", attributes: { COLOUR: "green" } },
          ],
        },
      },
    });
    expect(await idsOf({ QueryParameters: { COLOUR: "blue" } })).toEqual(["blue-a", "blue-b"]);
    expect(await idsOf({ QueryParameters: { COLOUR: "red" } })).toEqual([]);
    const preferred = { QueryParameters: { COLOUR: "blue" }, OptionalParameters: { AVAILABILITY_ZONE: "a" } };
    expect(await idsOf(preferred)).toEqual(["blue-a"]);
    const nowhere = { QueryParameters: { COLOUR: "blue" }, OptionalParameters: { AVAILABILITY_ZONE: "z" } };
    expect(await idsOf(nowhere)).toEqual(["blue-a", "blue-b"]);
  });

  it("gives 100 at most without MaxResults, without a sign that there are more", async () => {
    const instances = Array.from({ length: 130 }, (_, number) => ({
      id: `i-${number}`,
      port: 3000 + number,
    }));
    await start({ services: { orders: { instances } } });
    expect(await discovered()).toHaveLength(100);
    expect(await discovered({ MaxResults: 1000 })).toHaveLength(130);
    expect(await discovered({ MaxResults: 3 })).toHaveLength(3);
    await expect(discovered({ MaxResults: 1001 })).rejects.toMatchObject({ name: "InvalidInput" });
  });

  it("counts revisions up with instances, and not with health", async () => {
    await start({
      services: { orders: { healthCheck: true }, users: {} },
    });
    const before = await revision();
    const one = await local.register("orders", { port: 1 });
    const registered = await revision();
    expect(registered).toBeGreaterThan(before);
    await one.setHealth("UNHEALTHY");
    expect(await revision()).toBe(registered);
    await local.register("users", { port: 2 });
    expect(await revision()).toBe(registered);
    await one.deregister();
    expect(await revision()).toBeGreaterThan(registered);
  });

  it("is reached with the host prefix data- as well, as the SDK adds it by itself", async () => {
    const lookup = (_name: string, _options: object, done: (...found: unknown[]) => void) =>
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    await start(
      { services: { orders: { instances: [{ id: "one", port: 1 }] } } },
      { disableHostPrefix: false, requestHandler: { httpAgent: new Agent({ lookup } as object) } },
    );
    expect(await idsOf()).toEqual(["one"]);
  });
});

describe("health", () => {
  it("is set by UpdateInstanceCustomHealthStatus and told by GetInstancesHealthStatus", async () => {
    await start({
      services: {
        orders: {
          healthCheck: true,
          instances: [
            { id: "one", port: 1 },
            { id: "two", port: 2 },
          ],
        },
      },
    });
    const ServiceId = (await client.send(new ListServicesCommand({}))).Services![0]!.Id!;
    await client.send(
      new UpdateInstanceCustomHealthStatusCommand({ ServiceId, InstanceId: "two", Status: "UNHEALTHY" }),
    );
    const { Status } = await client.send(new GetInstancesHealthStatusCommand({ ServiceId }));
    expect(Status).toEqual({ one: "HEALTHY", two: "UNHEALTHY" });
    const some = await client.send(new GetInstancesHealthStatusCommand({ ServiceId, Instances: ["two"] }));
    expect(some.Status).toEqual({ two: "UNHEALTHY" });
  });

  it("cannot be set where there is no health check", async () => {
    await start({ services: { orders: { instances: [{ id: "one", port: 1 }] } } });
    const ServiceId = (await client.send(new ListServicesCommand({}))).Services![0]!.Id!;
    const command = new UpdateInstanceCustomHealthStatusCommand({
      ServiceId,
      InstanceId: "one",
      Status: "UNHEALTHY",
    });
    await expect(client.send(command)).rejects.toMatchObject({ name: "CustomHealthNotFound" });
  });

  it("refuses a status it does not know", async () => {
    await start({ services: { orders: { healthCheck: true, instances: [{ id: "one", port: 1 }] } } });
    const ServiceId = (await client.send(new ListServicesCommand({}))).Services![0]!.Id!;
    const command = new UpdateInstanceCustomHealthStatusCommand({
      ServiceId,
      InstanceId: "one",
      Status: "UNKNOWN" as "HEALTHY",
    });
    await expect(client.send(command)).rejects.toMatchObject({ name: "InvalidInput" });
  });
});

describe("namespaces of others and of the same name", () => {
  it("gives a reused name another HttpName, and discovers by that", async () => {
    await start();
    await client.send(new CreatePrivateDnsNamespaceCommand({ Name: "prod.local", Vpc: "vpc-1" }));
    await client.send(new CreatePrivateDnsNamespaceCommand({ Name: "prod.local", Vpc: "vpc-2" }));
    const { Namespaces } = await client.send(new ListNamespacesCommand({}));
    const names = Namespaces!.map(({ Properties }) => Properties!.HttpProperties!.HttpName!);
    expect(names[0]).toBe("prod.local");
    expect(names[1]).toMatch(/^prod\.local-[a-z0-9]{16}$/);
    await client.send(new CreateServiceCommand({ Name: "orders", NamespaceId: Namespaces![1]!.Id! }));
    await expect(discovered({ NamespaceName: "prod.local" })).rejects.toMatchObject({
      name: "ServiceNotFound",
    });
    expect(await discovered({ NamespaceName: names[1]! })).toEqual([]);
  });

  it("finds a shared namespace only with OwnerAccount, and one that is not shared never", async () => {
    const owner = "444455556666";
    await start({
      services: {
        orders: {
          namespace: { name: "theirs", type: "HTTP", owner },
          instances: [{ id: "one", port: 1 }],
        },
        secrets: { namespace: { name: "own", type: "HTTP", owner, shared: false } },
      },
    });
    const missing = { name: "NamespaceNotFound" };
    await expect(discovered({ NamespaceName: "theirs" })).rejects.toMatchObject(missing);
    expect(await idsOf({ NamespaceName: "theirs", OwnerAccount: owner })).toEqual(["one"]);
    const secret = { NamespaceName: "own", ServiceName: "secrets", OwnerAccount: owner };
    await expect(discovered(secret)).rejects.toMatchObject(missing);
    const { Namespaces } = await client.send(new ListNamespacesCommand({}));
    expect(Namespaces).toMatchObject([{ Name: "theirs", ResourceOwner: owner }]);
    const { Services } = await client.send(new ListServicesCommand({}));
    expect(Services).toMatchObject([{ Name: "orders", ResourceOwner: owner }]);
  });
});

describe("lists", () => {
  it("come in pages of at most 100 and by NextToken", async () => {
    const services = Object.fromEntries(Array.from({ length: 105 }, (_, number) => [`s${number}`, {}]));
    await start({ services });
    const first = await client.send(new ListServicesCommand({}));
    expect(first.Services).toHaveLength(100);
    const second = await client.send(new ListServicesCommand({ NextToken: first.NextToken! }));
    expect(second.Services).toHaveLength(5);
    expect(second.NextToken).toBeUndefined();
    const small = await client.send(new ListServicesCommand({ MaxResults: 2 }));
    expect(small.Services!.map(({ Name }) => Name)).toEqual(["s0", "s1"]);
  });

  it("refuse a token of others", async () => {
    await start({ services: { orders: {} } });
    await expect(client.send(new ListServicesCommand({ NextToken: "x" }))).rejects.toMatchObject({
      name: "InvalidInput",
    });
  });

  it("filter namespaces by type, name and owner", async () => {
    await start({
      services: {
        orders: {},
        users: { namespace: { name: "shop", type: "HTTP" } },
        theirs: { namespace: { name: "shared", type: "HTTP", owner: "444455556666" } },
      },
    });
    const found = async (Name: "TYPE" | "NAME" | "HTTP_NAME" | "RESOURCE_OWNER", value: string) => {
      const command = new ListNamespacesCommand({ Filters: [{ Name, Values: [value], Condition: "EQ" }] });
      return (await client.send(command)).Namespaces!.map((namespace) => namespace.Name);
    };
    expect(await found("TYPE", "DNS_PRIVATE")).toEqual(["sd.local"]);
    expect(await found("NAME", "shop")).toEqual(["shop"]);
    expect(await found("RESOURCE_OWNER", "OTHER_ACCOUNTS")).toEqual(["shared"]);
  });

  it("filter services by namespace", async () => {
    await start({ services: { orders: {}, users: { namespace: { name: "shop", type: "HTTP" } } } });
    const { Namespaces } = await client.send(new ListNamespacesCommand({}));
    const shop = Namespaces!.find(({ Name }) => Name === "shop")!.Id!;
    const { Services } = await client.send(
      new ListServicesCommand({ Filters: [{ Name: "NAMESPACE_ID", Values: [shop] }] }),
    );
    expect(Services!.map(({ Name }) => Name)).toEqual(["users"]);
  });
});

describe("errors", () => {
  const refused = (name: string) => ({ name, $fault: "client", $metadata: { httpStatusCode: 400 } });

  it("tell an unknown namespace from an unknown service", async () => {
    await start({ services: { orders: {} } });
    await expect(discovered({ NamespaceName: "no" })).rejects.toMatchObject(refused("NamespaceNotFound"));
    await expect(discovered({ ServiceName: "no" })).rejects.toMatchObject(refused("ServiceNotFound"));
  });

  it("name the twin of a namespace or service that exists", async () => {
    await start();
    const { namespaceId, serviceId } = await createOrders();
    const namespace = client.send(new CreatePrivateDnsNamespaceCommand({ Name: "sd.local", Vpc: "vpc-1" }));
    await expect(namespace).rejects.toMatchObject({
      ...refused("NamespaceAlreadyExists"),
      NamespaceId: namespaceId,
    });
    const service = client.send(new CreateServiceCommand({ Name: "ORDERS", NamespaceId: namespaceId }));
    await expect(service).rejects.toMatchObject({ ...refused("ServiceAlreadyExists"), ServiceId: serviceId });
  });

  it("keep what is in use", async () => {
    await start({ services: { orders: { instances: [{ port: 1 }] } } });
    const [service] = (await client.send(new ListServicesCommand({}))).Services!;
    const inUse = refused("ResourceInUse");
    await expect(client.send(new DeleteServiceCommand({ Id: service!.Id! }))).rejects.toMatchObject(inUse);
    const [sd] = (await client.send(new ListNamespacesCommand({}))).Namespaces!;
    const namespace = new DeleteNamespaceCommand({ Id: sd!.Id! });
    await expect(client.send(namespace)).rejects.toMatchObject(inUse);
  });

  it("say which instance or operation does not exist", async () => {
    await start({ services: { orders: {} } });
    const ServiceId = (await client.send(new ListServicesCommand({}))).Services![0]!.Id!;
    const none = { ServiceId, InstanceId: "none" };
    await expect(client.send(new DeregisterInstanceCommand(none))).rejects.toMatchObject(
      refused("InstanceNotFound"),
    );
    await expect(client.send(new GetOperationCommand({ OperationId: "none" }))).rejects.toMatchObject(
      refused("OperationNotFound"),
    );
  });

  it("refuse an instance that lacks what its records need", async () => {
    await start();
    const { serviceId: ServiceId } = await createOrders();
    const register = (Attributes: Record<string, string>) =>
      client.send(new RegisterInstanceCommand({ ServiceId, InstanceId: "one", Attributes }));
    await expect(register({})).rejects.toMatchObject(refused("InvalidInput"));
    await expect(register(at("300.0.0.1"))).rejects.toMatchObject(refused("InvalidInput"));
    await expect(register({ ...at("10.0.0.1"), AWS_INSTANCE_PORT: "0" })).rejects.toMatchObject(
      refused("InvalidInput"),
    );
    await expect(register({ AWS_ALIAS_DNS_NAME: "lb.example.com" })).rejects.toMatchObject(
      refused("InvalidInput"),
    );
  });

  it("refuse a name that no service can have", async () => {
    await start();
    const { namespaceId: NamespaceId } = await createOrders();
    for (const Name of ["-x", "a..b", "x".repeat(128)]) {
      const command = new CreateServiceCommand({ Name, NamespaceId });
      await expect(client.send(command)).rejects.toMatchObject(refused("InvalidInput"));
    }
  });

  it("refuse a second change of an instance while the first is under way", async () => {
    await start({ services: { orders: {} }, propagationDelay: 60_000 });
    const ServiceId = (await client.send(new ListServicesCommand({}))).Services![0]!.Id!;
    const command = new RegisterInstanceCommand({
      ServiceId,
      InstanceId: "one",
      Attributes: { ...at("10.0.0.1"), AWS_INSTANCE_PORT: "80" },
    });
    const { OperationId } = await client.send(command);
    const { Operation } = await client.send(new GetOperationCommand({ OperationId }));
    expect(Operation).toMatchObject({ Status: "PENDING" });
    await expect(client.send(command)).rejects.toMatchObject({
      ...refused("DuplicateRequest"),
      DuplicateOperationId: OperationId,
    });
  });

  it("refuse the 1,001st instance of a service", async () => {
    const instances = Array.from({ length: 1_000 }, (_, number) => ({ id: `i-${number}`, port: 3000 }));
    await start({ services: { orders: { instances } } });
    const ServiceId = (await client.send(new ListServicesCommand({}))).Services![0]!.Id!;
    const Attributes = { ...at("10.0.0.1"), AWS_INSTANCE_PORT: "80" };
    const command = new RegisterInstanceCommand({ ServiceId, InstanceId: "one-more", Attributes });
    await expect(client.send(command)).rejects.toMatchObject(refused("ResourceLimitExceeded"));
  });

  it("turn away what is not signed, not JSON or not an operation", async () => {
    await start();
    const post = (headers: Record<string, string>, body = "{}") =>
      fetch(local.api.url, { method: "POST", body, headers });
    const target = (name: string) => ({ "x-amz-target": `Route53AutoNaming_v20170314.${name}` });
    const signed = { authorization: "AWS4-HMAC-SHA256 x" };
    const unsigned = await post(target("ListServices"));
    expect(unsigned.status).toBe(403);
    expect(await unsigned.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
    const unknown = await post({ ...signed, ...target("Nothing") });
    expect(await unknown.json()).toMatchObject({ __type: "UnknownOperationException" });
    const broken = await post({ ...signed, ...target("ListServices") }, "{");
    expect(await broken.json()).toMatchObject({ __type: "SerializationException" });
    const inherited = await post({ ...signed, ...target("constructor") });
    expect(await inherited.json()).toMatchObject({ __type: "UnknownOperationException" });
  });
});

describe("throttling", () => {
  const services = { orders: { instances: [{ id: "one", port: 1 }] } };

  it("refuses with RequestLimitExceeded once the bucket is empty", async () => {
    await start({ services, throttle: { DiscoverInstances: { rate: 0, burst: 2 } } });
    await discovered();
    await discovered();
    await expect(discovered()).rejects.toMatchObject({ name: "RequestLimitExceeded" });
    await expect(revision()).resolves.toBeGreaterThan(0);
  });

  it("is what the SDK retries by itself", async () => {
    await start({ services }, { maxAttempts: 3 });
    using fault = local.api.fault({ throttle: true, times: 1 });
    expect(await idsOf()).toEqual(["one"]);
    expect(fault.hits).toBe(1);
    expect(local.api.requests).toHaveLength(2);
  });
});

describe("propagation", () => {
  it("hides a registration while it is under way", async () => {
    await start({ services: { orders: { instances: [{ id: "old", port: 1 }] } }, propagationDelay: 600_000 });
    void local.register("orders", { id: "new", port: 2 });
    expect(await idsOf()).toEqual(["old"]);
  });

  it("shows it afterwards, and so it is with a deregistration", async () => {
    await start({ services: { orders: {} }, propagationDelay: 20 });
    const one = await local.register("orders", { id: "one", port: 1 });
    expect(await idsOf()).toEqual(["one"]);
    await one.deregister();
    expect(await idsOf()).toEqual([]);
  });

  it("does not count a health status at once", async () => {
    const instances = [{ id: "old", port: 1 }];
    await start({ services: { orders: { healthCheck: true, instances } }, healthDelay: 600_000 });
    const one = await local.register("orders", { id: "one", port: 1 });
    void one.setHealth("UNHEALTHY");
    expect(await idsOf({ HealthStatus: "UNHEALTHY" })).toEqual([]);
  });

  it("counts it afterwards", async () => {
    await start({ services: { orders: { healthCheck: true } }, healthDelay: 20 });
    const one = await local.register("orders", { id: "one", port: 1 });
    await one.setHealth("UNHEALTHY");
    expect(await idsOf({ HealthStatus: "UNHEALTHY" })).toEqual(["one"]);
  });
});

describe("faults", () => {
  const services = {
    orders: { instances: [{ id: "one", port: 3000 }] },
    users: { instances: [{ id: "two", port: 3001 }] },
  };

  it("drop: takes the request and never answers", async () => {
    await start({ services });
    using fault = local.api.fault({ drop: true });
    const over = new AbortController();
    const call = client.send(
      new DiscoverInstancesCommand({ NamespaceName: "sd.local", ServiceName: "orders" }),
      { abortSignal: over.signal },
    );
    call.catch(() => {});
    await expect.poll(() => fault.hits, patience).toBe(1);
    over.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });

  it("error: answers with the AWS error of that name", async () => {
    await start({ services });
    using _fault = local.api.fault({ error: "AccessDeniedException" });
    await expect(discovered()).rejects.toMatchObject({
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("error: a server's fault has a status of 5xx", async () => {
    await start({ services });
    using _fault = local.api.fault({ error: "InternalFailure" });
    await expect(discovered()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  });

  it("throttle: answers as over quota", async () => {
    await start({ services });
    using _fault = local.api.fault({ throttle: true });
    await expect(discovered()).rejects.toMatchObject({ name: "RequestLimitExceeded" });
  });

  it("empty: answers well, with nothing in it", async () => {
    await start({ services });
    using _fault = local.api.fault({ empty: true });
    expect(await discovered()).toEqual([]);
    expect(await revision()).toBeGreaterThan(0);
  });

  it("half: breaks the connection in the middle of the answer", async () => {
    await start({ services });
    using _fault = local.api.fault({ half: true });
    await expect(discovered()).rejects.toThrow(/aborted|ECONNRESET|terminated|hang up/);
  });

  it("address: every instance is at this one", async () => {
    await start({ services });
    using _fault = local.api.fault({ address: "192.0.2.7" });
    expect((await discovered())[0]!.Attributes).toEqual({
      AWS_INSTANCE_IPV4: "192.0.2.7",
      AWS_INSTANCE_PORT: "3000",
    });
  });

  it("stale: answers from what was registered when the fault began", async () => {
    await start({ services });
    const before = await revision();
    using fault = local.api.fault({ stale: true });
    await local.register("orders", { id: "new", port: 3002 });
    expect(await idsOf()).toEqual(["one"]);
    expect(await revision()).toBe(before);
    fault.mend();
    expect(await idsOf()).toEqual(["new", "one"]);
  });

  it("delay: answers later, and well", async () => {
    await start({ services });
    using _fault = local.api.fault({ delay: 120 });
    const startedAt = performance.now();
    expect(await idsOf()).toEqual(["one"]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(115);
  });

  it("service and operation narrow a fault, and times ends it", async () => {
    await start({ services });
    using fault = local.api.fault({
      error: "Nope",
      service: "users",
      operation: "DiscoverInstances",
      times: 1,
    });
    expect(await idsOf()).toEqual(["one"]);
    const command = new DiscoverInstancesRevisionCommand({ NamespaceName: "sd.local", ServiceName: "users" });
    await client.send(command);
    await expect(discovered({ ServiceName: "users" })).rejects.toMatchObject({ name: "Nope" });
    expect(await idsOf({ ServiceName: "users" })).toEqual(["two"]);
    expect(fault.hits).toBe(1);
  });

  it("the newest fault that fits is the one that is met", async () => {
    await start({ services });
    using _older = local.api.fault({ error: "Older" });
    {
      using _newer = local.api.fault({ error: "Newer" });
      await expect(discovered()).rejects.toMatchObject({ name: "Newer" });
    }
    await expect(discovered()).rejects.toMatchObject({ name: "Older" });
    local.api.mend();
    expect(await idsOf()).toEqual(["one"]);
  });

  it("refuses a fault that it does not understand, and says what to write", async () => {
    await start({ services });
    const begin = (fault: object) => () => local.api.fault(fault);
    expect(begin({ dealy: 5 })).toThrow(/api\.fault\.dealy: got 5; write one of delay, times/);
    expect(begin({ drop: true, half: true })).toThrow(/use two faults for two effects/);
    expect(begin({})).toThrow(/api\.fault/);
    expect(begin({ error: 500 })).toThrow(/AccessDeniedException/);
    expect(begin({ drop: true, service: "nobody" })).toThrow(/added before/);
    expect(begin({ drop: true, operation: "DiscoverInstnaces" })).toThrow(/DiscoverInstances/);
    expect(begin({ address: "nowhere" })).toThrow(/192\.0\.2\.1/);
  });
});

describe("the part itself", () => {
  it("refuses connections while stopped, and is back in the same place", async () => {
    await start({ services: { orders: { instances: [{ id: "one", port: 1 }] } } });
    const { url } = local.api;
    await local.api.stop();
    await local.api.stop();
    await expect(discovered()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await local.api.start();
    await local.api.start();
    expect(local.api.url).toBe(url);
    expect(await idsOf()).toEqual(["one"]);
  });

  it("remembers what it was asked, until it is to forget", async () => {
    await start({ services: { orders: {} } });
    await discovered();
    await revision();
    expect(local.api.requests).toEqual([
      { operation: "DiscoverInstances", service: "orders" },
      { operation: "DiscoverInstancesRevision", service: "orders" },
    ]);
    local.api.forget();
    expect(local.api.requests).toEqual([]);
  });
});

describe("HTTP namespaces", () => {
  it("take services without records only", async () => {
    await start();
    await client.send(new CreateHttpNamespaceCommand({ Name: "shop" }));
    const NamespaceId = (await client.send(new ListNamespacesCommand({}))).Namespaces![0]!.Id!;
    const { Service } = await client.send(new CreateServiceCommand({ Name: "orders", NamespaceId }));
    expect(Service).toMatchObject({ Type: "HTTP" });
    const withDns = new CreateServiceCommand({
      Name: "users",
      NamespaceId,
      DnsConfig: { DnsRecords: [{ Type: "A", TTL: 10 }] },
    });
    await expect(client.send(withDns)).rejects.toMatchObject({ name: "InvalidInput" });
  });
});
