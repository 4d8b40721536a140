import { describe, expect, it } from "vitest";
import { noPaint } from "../terminal/paint.ts";
import type { Finding } from "./finding.ts";
import { findingsText } from "./view.ts";

const good: Finding = {
  check: "resolution",
  verdict: "good",
  service: "orders",
  title: "resolved by dns",
  evidence: ["dns: 2 endpoints"],
};
const wrong: Finding = {
  check: "ports",
  verdict: "wrong",
  service: "orders",
  title: "nobody tells its port",
  evidence: ["DNS has A records"],
  means: "another one may answer",
  changes: [{ what: "Write it down", cli: "x".repeat(100), terraform: "a\nb" }],
};
const broken: Finding = { ...good, verdict: "broken", title: "cannot be resolved" };
const terminal = { width: 80, paint: noPaint };

describe("findingsText", () => {
  it("tells evidence, meaning and change of what is not good", () => {
    expect(findingsText([wrong, good], terminal)).toBe(`ports
  ! orders: nobody tells its port
      DNS has A records
      Another one may answer.
      → Write it down
          $ ${"x".repeat(100)}
          a
          b

resolution
  ✓ orders: resolved by dns

every service can be called, 1 to mend
`);
  });

  it("keeps the evidence of what is good for those who ask", () => {
    expect(findingsText([good], terminal, { verbose: true })).toContain("      dns: 2 endpoints\n");
  });

  it("tells once what is the same for several services", () => {
    const text = findingsText(
      [wrong, { ...wrong, service: "users" }, { ...good, service: "a" }, good],
      terminal,
    );
    expect(text).toContain("  ! orders, users: nobody tells its port\n");
    expect(text).toContain("  ✓ a, orders: resolved by dns\n");
  });

  it("tells the same commands once", () => {
    const text = findingsText([wrong, { ...wrong, service: "users", evidence: ["others"] }], terminal);
    expect(text.match(/\$ x+/g)).toHaveLength(1);
    expect(text).toContain("→ Write it down (as above)\n");
  });

  it.each([
    [[good, broken], "1 service cannot be called"],
    [
      [good, { ...good, verdict: "unseen" as const }],
      "every service can be called, 1 could not be seen from here",
    ],
    [[], "no service was looked at"],
  ])("sums up", (findings, summary) => {
    expect(findingsText(findings, terminal).trimEnd().split("\n").at(-1)).toBe(summary);
  });

  it("lets no control character through", () => {
    const bad = { ...wrong, evidence: ["\x1b[2J"], title: "a\x07" };
    expect(findingsText([bad], terminal)).not.toMatch(/[\x1b\x07]/);
  });
});
