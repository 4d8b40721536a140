import { ConfigError } from "byname";
import { describe, expect, it } from "vitest";
import { queriesFor } from "./queries.ts";
import { type Setting, settingFor } from "./setting.ts";

function setting(services: object): Setting {
  const options = { namespace: "sd.local", services: services as never };
  return { ...settingFor({}, {}, "/nowhere"), options };
}

describe("queriesFor", () => {
  it("has each service of the catalog as the sources see it", async () => {
    const queries = await queriesFor(setting({ orders: { port: 80, alias: "api" }, "metrics:6334": {} }));
    expect(
      queries.map(({ service, urlPort }) => [service.key, service.alias, service.namespace, urlPort]),
    ).toEqual([
      ["orders", "api", "sd.local", undefined],
      ["metrics:6334", "metrics", "sd.local", 6334],
    ]);
  });

  it("has a name that no catalog knows, by the defaults", async () => {
    const [query] = await queriesFor(setting({}), ["users"]);
    expect(query!.service).toMatchObject({ key: "users", discoveryName: "users", namespace: "sd.local" });
  });

  it("refuses what cannot be a name", async () => {
    await expect(queriesFor(setting({}), ["no name"])).rejects.toThrow(ConfigError);
  });
});
