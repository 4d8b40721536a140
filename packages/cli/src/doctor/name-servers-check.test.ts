import { describe, expect, it } from "vitest";
import { kindOf } from "./name-servers-check.ts";

describe("the kind of a name server", () => {
  it.each([
    "169.254.169.253",
    "fd00:ec2::253",
    "[fd00:ec2::253]:53",
    "169.254.78.1",
    "10.0.0.2",
    "172.31.0.2:53",
  ])("%s can know private zones", (server) => {
    expect(kindOf(server).knowsZones).toBe(true);
  });

  it.each(["127.0.0.11", "127.0.0.53", "::1", "[::1]:5353", "8.8.8.8", "10.0.0.53", "9.9.9.2"])(
    "%s knows them only where it forwards",
    (server) => {
      expect(kindOf(server).knowsZones).toBe(false);
    },
  );
});
