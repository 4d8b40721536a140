import { describe, expect, test } from "vitest";
import { registered } from "./cloud-map-instances.ts";

function read(...instances: Record<string, string>[]) {
  return registered(instances.map((Attributes, index) => ({ InstanceId: `i${index}`, Attributes })));
}

describe("an instance of ECS", () => {
  test("is an endpoint with its address, port, zone and id", () => {
    const { endpoints, hosts, total } = read({
      AWS_INSTANCE_IPV4: "10.0.0.1",
      AWS_INSTANCE_PORT: "8080",
      AVAILABILITY_ZONE: "eu-west-1a",
      ECS_CLUSTER_NAME: "main",
    });
    expect(endpoints).toEqual([{ address: "10.0.0.1", port: 8080, zone: "eu-west-1a", id: "i0" }]);
    expect([hosts, total]).toEqual([[], 1]);
  });

  test("has no port where it was registered without one", () => {
    expect(read({ AWS_INSTANCE_IPV4: "10.0.0.1" }).endpoints).toEqual([{ address: "10.0.0.1", id: "i0" }]);
  });

  test("is called by IPv4 where it has both, and by IPv6 where it has nothing else", () => {
    const { endpoints } = read(
      { AWS_INSTANCE_IPV4: "10.0.0.1", AWS_INSTANCE_IPV6: "fd00::1" },
      { AWS_INSTANCE_IPV6: "fd00::2" },
    );
    expect(endpoints.map(({ address }) => address)).toEqual(["10.0.0.1", "fd00::2"]);
  });

  test("counts whatever its health, since the API was asked for healthy ones", () => {
    const instances = ["HEALTHY", "UNHEALTHY", "UNKNOWN"].map((HealthStatus, index) => ({
      HealthStatus: HealthStatus as "HEALTHY",
      Attributes: { AWS_INSTANCE_IPV4: `10.0.0.${index}` },
    }));
    expect(registered(instances).endpoints).toHaveLength(3);
  });
});

describe("an instance of the multi-cluster controller for EKS", () => {
  const pod = { AWS_INSTANCE_IPV4: "10.0.0.1", ENDPOINT_PROTOCOL: "TCP", SERVICE_TYPE: "ClusterSetIP" };

  test("is one port of a pod", () => {
    const { endpoints } = read(
      { ...pod, AWS_INSTANCE_PORT: "8080", ENDPOINT_PORT_NAME: "http", READY: "true" },
      { ...pod, AWS_INSTANCE_PORT: "9090", ENDPOINT_PORT_NAME: "metrics", READY: "true" },
    );
    expect(endpoints.map(({ port, id }) => [port, id])).toEqual([
      [8080, "i0"],
      [9090, "i1"],
    ]);
  });

  test("is left out while it is not ready", () => {
    expect(read({ ...pod, READY: "false" }, { ...pod, READY: "FALSE" })).toEqual({
      endpoints: [],
      hosts: [],
      total: 2,
    });
  });
});

describe("an instance that is a host name", () => {
  test.each([
    ["AWS_INSTANCE_CNAME", "db.example.com"],
    ["AWS_ALIAS_DNS_NAME", "internal-lb-1.eu-west-1.elb.amazonaws.com"],
  ])("by %s is to be resolved", (attribute, host) => {
    const { endpoints, hosts } = read({ [attribute]: host, AWS_INSTANCE_PORT: "8443" });
    expect(endpoints).toEqual([]);
    expect(hosts).toEqual([{ host, port: 8443 }]);
  });

  test("loses the dot at its end and its capitals", () => {
    expect(read({ AWS_ALIAS_DNS_NAME: "LB.Example.com." }).hosts).toEqual([{ host: "lb.example.com" }]);
  });

  test("is only that where it has no address", () => {
    const both = { AWS_INSTANCE_IPV4: "10.0.0.1", AWS_INSTANCE_CNAME: "db.example.com" };
    expect(read(both)).toMatchObject({ endpoints: [{ address: "10.0.0.1" }], hosts: [] });
  });
});

describe("values that are no good", () => {
  test.each(["", "0", "65536", "80a", "-1", "8.5", " 80", "99999999"])("port %j is none", (port) => {
    const { endpoints } = read({ AWS_INSTANCE_IPV4: "10.0.0.1", AWS_INSTANCE_PORT: port });
    expect(endpoints).toEqual([{ address: "10.0.0.1", id: "i0" }]);
  });

  test.each<Record<string, string>>([
    { AWS_INSTANCE_IPV4: "10.0.0.256" },
    { AWS_INSTANCE_IPV4: "10.0.0.1:80" },
    { AWS_INSTANCE_IPV6: "[fd00::1]" },
    { AWS_INSTANCE_CNAME: "10.0.0.1" },
    { AWS_INSTANCE_CNAME: "http://db.example.com/" },
    { AWS_ALIAS_DNS_NAME: "a b" },
    { AWS_EC2_INSTANCE_ID: "i-0123" },
    {},
  ])("%j cannot be called", (attributes) => {
    expect(read(attributes)).toEqual({ endpoints: [], hosts: [], total: 1 });
  });

  test("an IPv4 address that is none leaves the IPv6 one", () => {
    const { endpoints } = read({ AWS_INSTANCE_IPV4: "?", AWS_INSTANCE_IPV6: "fd00::1" });
    expect(endpoints).toEqual([{ address: "fd00::1", id: "i0" }]);
  });

  test("an instance without id or attributes does no harm", () => {
    const found = registered([{}, { Attributes: { AWS_INSTANCE_IPV4: "10.0.0.1" } }]);
    expect(found).toEqual({ endpoints: [{ address: "10.0.0.1" }], hosts: [], total: 2 });
  });
});
