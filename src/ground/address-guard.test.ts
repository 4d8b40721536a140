import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressGuard, block } from "./address-guard.ts";
import { ConfigError } from "./errors.ts";

const guard = addressGuard();

describe("without allow", () => {
  test.each(["10.0.0.7", "172.31.255.255", "192.168.1.1", "100.64.0.1", "8.8.8.8", "::ffff:10.0.0.7"])(
    "%s may be a service's",
    (address) => expect(guard.refusal(address)).toBeUndefined(),
  );
  test.each(["2600:1f18::1", "fd12:3456::1", "64:ff9b::a00:7"])("%s may be a service's", (address) =>
    expect(guard.refusal(address)).toBeUndefined(),
  );

  test.each([
    ["169.254.169.254", "link-local"],
    ["169.254.170.2", "link-local"],
    ["fd00:ec2::254", "metadata"],
    ["fd00:ec2::253", "metadata"],
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["::", "unspecified"],
    ["fe80::1", "link-local"],
    ["febf::1", "link-local"],
    ["fec0::1", "site-local"],
    ["2001:0:a9fe:a9fe::1", "Teredo"],
    ["224.0.0.1", "multicast"],
    ["ff02::1", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "reserved"],
    ["127.0.0.1", "loopback"],
    ["127.255.0.1", "loopback"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback"],
  ])("%s is refused as %s", (address, why) => expect(guard.refusal(address)).toContain(why));

  test.each([
    ["IPv4-mapped", "::ffff:169.254.169.254"],
    ["IPv4-mapped", "::ffff:a9fe:a9fe"],
    ["IPv4-mapped", "0:0:0:0:0:FFFF:7f00:1"],
    ["IPv4-compatible", "::127.0.0.1"],
    ["IPv4-compatible", "::a9fe:a9fe"],
    ["NAT64", "64:ff9b::169.254.169.254"],
    ["NAT64", "64:ff9b::a9fe:a9fe"],
    ["NAT64", "64:ff9b::7f00:1"],
    ["NAT64", "64:ff9b::0.0.0.0"],
    ["NAT64", "64:ff9b::e000:1"],
    ["NAT64", "64:ff9b:1::a9fe:a9fe"],
    ["SIIT", "::ffff:0:a9fe:a9fe"],
    ["6to4", "2002:7f00:1::"],
    ["6to4", "2002:a9fe:a9fe::1"],
    ["6to4", "2002::1"],
  ])("an address is refused in its %s form (%s) too", (_form, address) =>
    expect(guard.refusal(address)).toBeTypeOf("string"),
  );

  test.each(["fe80::1%eth0", "2600::1%eth0", "::1%lo", "::ffff:10.0.0.1%1"])(
    "a zone of this machine (%s) is nothing a service can have",
    (address) => expect(guard.refusal(address)).toBeTypeOf("string"),
  );

  test.each([
    "",
    "orders",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "0x7f.1",
    "[::1]",
    "10.0.0.7:80",
    " 10.0.0.7",
  ])("%j is not an address", (text) => expect(guard.refusal(text)).toBe("not an IP address"));

  test("any text is judged without a throw", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
        const reason = guard.refusal(text);
        expect(reason === undefined || reason.length > 0).toBe(true);
      }),
    );
  });
});

describe("allow", () => {
  test("only addresses inside its blocks are accepted", () => {
    const narrow = addressGuard(["10.0.0.0/8", "2600:1f18::/32", "192.168.7.7"]);
    expect(narrow.refusal("10.255.255.255")).toBeUndefined();
    expect(narrow.refusal("::ffff:10.0.0.1")).toBeUndefined();
    expect(narrow.refusal("2600:1f18:1::1")).toBeUndefined();
    expect(narrow.refusal("192.168.7.7")).toBeUndefined();
    for (const address of ["11.0.0.0", "2600:1f19::1", "192.168.7.8", "127.0.0.1", "::1"])
      expect(narrow.refusal(address)).toBe("outside of `allow`");
  });

  test("loopback is used where a block names it", () => {
    expect(addressGuard(["127.0.0.0/8"]).refusal("127.0.0.1")).toBeUndefined();
    expect(addressGuard(["::1"]).refusal("::1")).toBeUndefined();
    expect(addressGuard(["127.0.0.0/8"]).refusal("::1")).toBe("outside of `allow`");
  });

  test.each(["169.254.169.254", "fd00:ec2::254", "0.0.0.0", "::", "fe80::1", "224.0.0.1", "64:ff9b::7f00:1"])(
    "%s stays refused whatever it says",
    (address) => {
      expect(addressGuard(["0.0.0.0/0", "::/0", address]).refusal(address)).not.toMatch(/^$|allow/);
    },
  );

  test("a block of one family says nothing about the other", () => {
    expect(addressGuard(["0.0.0.0/0"]).refusal("2600::1")).toBe("outside of `allow`");
    expect(addressGuard(["::/0"]).refusal("10.0.0.1")).toBe("outside of `allow`");
  });

  test.each([
    "",
    "orders",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "::/129",
    "fe80::1%eth0/64",
    "10/8",
  ])("%j is no block", (text) => expect(() => block(text, "allow")).toThrow(ConfigError));
});
