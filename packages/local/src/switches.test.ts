import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Local, startLocal } from "./local.ts";
import { readSwitch, switchesOf } from "./switches.ts";

describe("a line", () => {
  it.each([
    ["help", { turn: "help" }],
    ["  status ", { turn: "status" }],
    ["dns off", { turn: "off", part: "dns" }],
    ["metadata on", { turn: "on", part: "metadata" }],
    ["proxy  mend", { turn: "mend", part: "proxy" }],
    ["dns SERVFAIL", { turn: "fault", part: "dns", fault: { error: "SERVFAIL" } }],
    ["dns drop", { turn: "fault", part: "dns", fault: { drop: true } }],
    ["api AccessDeniedException", { turn: "fault", part: "api", fault: { error: "AccessDeniedException" } }],
    ["api slow 2000", { turn: "fault", part: "api", fault: { delay: 2000 } }],
    ["proxy 503", { turn: "fault", part: "proxy", fault: { error: 503 } }],
    ["proxy reset", { turn: "fault", part: "proxy", fault: { error: "reset" } }],
    ["proxy address 127.0.0.1:9", { turn: "fault", part: "proxy", fault: { address: "127.0.0.1:9" } }],
    ["metadata throttle", { turn: "fault", part: "metadata", fault: { throttle: true } }],
  ])("%s is understood", (line, expected) => {
    expect(readSwitch(line)).toEqual(expected);
  });

  it("may be empty", () => {
    expect(readSwitch("  ")).toBeUndefined();
  });

  it.each(["dsn off", "status dns", "off", "__proto__ off"])("%s is answered with the parts", (line) => {
    expect(() => readSwitch(line)).toThrow(
      `switch: got "${line}"; write status, help, or one of api, dns, proxy, metadata and what it is to do`,
    );
  });

  it.each(["dns", "dns servfail", "dns drop now", "dns slow", "dns slow soon", "dns off off"])(
    "%s is answered with the part's words",
    (line) => {
      expect(() => readSwitch(line)).toThrow(/^dns: got ".*"; write one of off, on, mend, drop, .*SERVFAIL/);
    },
  );

  it.each(["api halff", "api Off", "api OFF"])("%s is no error of AWS's", (line) => {
    expect(() => readSwitch(line)).toThrow("an AWS error such as AccessDeniedException");
  });

  it.each(["metadata stale", "metadata address 192.0.2.1", "metadata 200"])("%s is not there", (line) => {
    expect(() => readSwitch(line)).toThrow("metadata: got");
  });
});

describe("switches", () => {
  let local: Local;
  let turn: (line: string) => Promise<string>;

  beforeEach(async () => {
    local = await startLocal();
    turn = switchesOf(local);
  });

  afterEach(() => local.close());

  it("take every word that help lists", async () => {
    for (const row of (await turn("help")).split("\n").slice(1, 5)) {
      const [, part, words] = /^ {2}(\w+) +(.*)$/.exec(row)!;
      for (const word of words!.split(", ")) {
        const written = word.replace(/^an? .* such as /, "");
        expect(await turn(`${part} ${written}`)).toMatch(new RegExp(`^${part}: (on|off)`));
      }
    }
  });

  it("tell what is off and what is broken", async () => {
    await turn("dns off");
    await turn("api slow 2000");
    expect(await turn("proxy address 127.0.0.1:9")).toBe("proxy: on, address 127.0.0.1:9\n");
    const status = "api: on, slow 2000\ndns: off\nproxy: on, address 127.0.0.1:9\nmetadata: on\n";
    expect(await turn("status")).toBe(status);
    expect(await turn("dns on")).toBe("dns: on\n");
    expect(await turn("api mend")).toBe("api: on\n");
  });

  it("put a fault in the place of the one before", async () => {
    const get = async () => (await fetch(local.env().ECS_CONTAINER_METADATA_URI_V4!)).status;
    await turn("metadata 500");
    expect(await turn("metadata 404")).toBe("metadata: on, 404\n");
    expect(await get()).toBe(404);
    await turn("metadata mend");
    expect(await get()).toBe(200);
  });

  it("leave everything as it is after what a part refuses", async () => {
    await turn("dns SERVFAIL");
    await expect(turn("dns address nowhere")).rejects.toThrow('dns.fault.address: got "nowhere"');
    await expect(turn("dns slow 99999999")).rejects.toThrow("write a whole number");
    expect(await turn("status")).toContain("dns: on, SERVFAIL\n");
  });
});
