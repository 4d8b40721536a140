import { BlockList, isIP } from "node:net";
import { ConfigError } from "./errors.ts";

/**
 * AddressGuard: which addresses a service may have. DNS and API answers are input: one that leads to a metadata
 * endpoint or back to this machine would make every caller a confused deputy.
 */
export interface AddressGuard {
  /** Why this address is refused, or undefined where it may be used. */
  refusal(address: string): string | undefined;
}

/** Never the address of a service, whatever is allowed. */
const never: readonly (readonly [string, string])[] = [
  ["0.0.0.0/8", "unspecified"],
  ["::/128", "unspecified"],
  ["169.254.0.0/16", "link-local, where metadata endpoints live"],
  ["fe80::/10", "link-local"],
  ["fd00:ec2::/32", "an AWS metadata or system endpoint"],
  ["224.0.0.0/4", "multicast"],
  ["ff00::/8", "multicast"],
  ["240.0.0.0/4", "reserved or broadcast"],
  ["64:ff9b::a9fe:0/112", "link-local behind NAT64"],
  ["64:ff9b::7f00:0/104", "loopback behind NAT64"],
];

const loopback: readonly (readonly [string, string])[] = [
  ["127.0.0.0/8", "loopback"],
  ["::1/128", "loopback"],
];

/**
 * @param allow CIDR blocks or single addresses. Where given, only addresses inside are accepted; naming a
 *   loopback block there is how local use is allowed.
 * @throws ConfigError where an entry is not an address or a CIDR block.
 */
export function addressGuard(allow?: readonly string[], where = "allow"): AddressGuard {
  const refused = [...never, ...(allow ? [] : loopback)].map(([cidr, why]) => ({
    ...block(cidr, where),
    why,
  }));
  const allowed = allow?.map((cidr) => block(cidr, where));
  return {
    refusal(address) {
      const family = isIP(address);
      if (family === 0) return "not an IP address";
      const type = family === 6 ? "ipv6" : "ipv4";
      const hit = refused.find(({ list }) => list.check(address, type));
      if (hit) return hit.why;
      if (allowed && !allowed.some(({ list }) => list.check(address, type))) return "outside of `allow`";
      return undefined;
    },
  };
}

/** @throws ConfigError where `cidr` is neither an address nor a CIDR block. */
export function block(cidr: string, where: string): { list: BlockList } {
  const [address = "", bits, ...rest] = String(cidr).split("/");
  const family = isIP(address);
  const width = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (family === 0 || rest.length > 0 || !(prefix >= 0 && prefix <= width)) {
    throw new ConfigError(where, cidr, 'a CIDR block such as "10.0.0.0/8"');
  }
  const list = new BlockList();
  list.addSubnet(address, prefix, family === 6 ? "ipv6" : "ipv4");
  return { list };
}
