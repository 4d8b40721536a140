import { describe, expect, it } from "vitest";
import { askEach } from "./ask.ts";
import { settingFor } from "./setting.ts";

describe("askEach", () => {
  it("gives each service its own report where several are asked at the same time", async () => {
    const fixed = (count: number) => Array.from({ length: count }, (_, at) => `http://10.0.3.${at + 1}:8080`);
    const services = {
      orders: { fixed: fixed(2) },
      users: { fixed: fixed(1) },
      products: { fixed: fixed(3) },
    };
    const setting = { ...settingFor({}, {}, "/nowhere"), options: { services }, sources: ["fixed"] as const };
    const answers = await Promise.all(Object.keys(services).map((service) => askEach(setting, service)));
    expect(answers.map(([answer]) => [answer!.detail, answer!.endpoints.length])).toEqual([
      [expect.stringMatching(/^2 /), 2],
      [expect.stringMatching(/^1 /), 1],
      [expect.stringMatching(/^3 /), 3],
    ]);
  });
});
