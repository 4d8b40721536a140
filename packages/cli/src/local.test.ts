import { describe, expect, it } from "vitest";
import { seedOf } from "./local.ts";
import { queriesFor } from "./queries.ts";
import { settingFor } from "./setting.ts";

describe("seedOf", () => {
  it("has a task at each service's port of this machine", async () => {
    const services = {
      orders: { port: 80, containerPort: 8080, alias: "api", discoveryName: "orders-http" },
      users: { port: 8081 },
      products: { namespace: "shop.local" },
    };
    const setting = { ...settingFor({}, {}, "/nowhere"), options: { namespace: "sd.local", services } };
    expect(seedOf(await queriesFor(setting))).toEqual({
      services: {
        orders: {
          namespace: "sd.local",
          discoveryName: "orders-http",
          serviceConnect: { alias: "api", port: 80 },
          instances: [{ port: 8080 }],
        },
        users: {
          namespace: "sd.local",
          discoveryName: "users",
          serviceConnect: { alias: "users", port: 8081 },
          instances: [{ port: 8081 }],
        },
        products: { namespace: "shop.local", discoveryName: "products" },
      },
    });
  });
});
