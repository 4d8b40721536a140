import { describe, expect, it } from "vitest";
import { noPaint } from "../terminal/paint.ts";
import type { Survey } from "./survey.ts";
import { surveyText } from "./view.ts";

const survey: Survey = {
  service: "orders",
  source: "dns",
  stale: false,
  at: 0,
  expiresAt: 9_000,
  endpoints: [
    {
      address: "2600:1f18:1234:5600:aaaa:bbbb:cccc:dddd",
      port: 8080,
      zone: "eu-west-1a",
      health: "HEALTHY",
      sources: ["dns", "cloudMap"],
      inUse: true,
      age: 4_000,
    },
  ],
  sources: [{ source: "dns", answer: "endpoints", detail: "1 endpoint", ms: 3 }],
};

describe("surveyText", () => {
  it("fits long addresses into 80 columns", () => {
    const lines = surveyText(survey, { width: 80, paint: noPaint }).split("\n");
    expect(lines[0]).toBe("orders: 1 endpoint by dns, fresh for 9 s");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[3]).toMatch(/eu-west-1a {2}healthy {2}4 s {2}dns, cloudMap$/);
  });

  it("says that an answer is stale", () => {
    const text = surveyText({ ...survey, stale: true }, { width: 80, paint: noPaint });
    expect(text.split("\n")[0]).toBe("orders: 1 endpoint by dns, stale");
  });
});
