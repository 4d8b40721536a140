import type { BlockList } from "node:net";
import { ConfigError } from "./errors.ts";
import { blockList, isIP } from "./ip.ts";

/**
 * AddressGuard: which addresses a service may have. DNS and API answers are input: one that leads to a metadata
 * endpoint or back to this machine would make every caller a confused deputy.
 */
export interface AddressGuard {
  /** Why this address is refused, or undefined where it may be used. */
  refusal(address: string): string | undefined;
}

/** Never the address of a service, whatever is allowed. */
const never: readonly Rule[] = [
  ["0.0.0.0/8", "unspecified"],
  ["::/128", "unspecified"],
  ["169.254.0.0/16", "link-local, where metadata endpoints live"],
  ["fe80::/10", "link-local"],
  ["fec0::/10", "site-local, which is no more (RFC 3879)"],
  ["2001::/32", "a Teredo tunnel"],
  ["fd00:ec2::/32", "an AWS metadata or system endpoint"],
  ["224.0.0.0/4", "multicast"],
  ["ff00::/8", "multicast"],
  ["240.0.0.0/4", "reserved or broadcast"],
];

const loopback: readonly Rule[] = [
  ["127.0.0.0/8", "loopback"],
  ["::1/128", "loopback"],
];

/** An address or block, and why it is refused. */
type Rule = readonly [cidr: string, why: string];

/**
 * @param allow CIDR blocks or single addresses. Where given, only addresses inside are accepted; naming a
 *   loopback block there is how local use is allowed.
 * @throws ConfigError where an entry is not an address or a CIDR block.
 */
export function addressGuard(allow?: readonly string[], where = "allow"): AddressGuard {
  let refused: readonly (Block & { readonly why: string })[] | undefined;
  const allowed = allow?.map((cidr) => block(cidr, where));
  return {
    refusal(address) {
      const family = isIP(address);
      if (family === 0) return "not an IP address";
      if (address.includes("%")) return "in a zone of this machine";
      const type = family === 6 ? "ipv6" : "ipv4";
      refused ??= refusedBlocks(allow === undefined);
      const hit = refused.find((rule) => holds(rule, address, type));
      if (hit) return hit.why;
      const isAllowed = allowed?.some((rule) => holds(rule, address, type)) ?? true;
      return isAllowed ? undefined : "outside of `allow`";
    },
  };
}

function refusedBlocks(withLoopback: boolean): (Block & { readonly why: string })[] {
  const rules = [...never, ...(withLoopback ? loopback : []), ...[...never, ...loopback].flatMap(wrapped)];
  return rules.map(([cidr, why]) => ({ ...block(cidr, cidr), why }));
}

/** To a BlockList an IPv4 address lies in `::/0` as well, which nobody means who writes that. */
function holds(rule: Block, address: string, type: Block["type"]): boolean {
  return (rule.type === type || type === "ipv6") && rule.list.check(address, type);
}

/**
 * The IPv6 addresses that lead to those of an IPv4 rule: by NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), as SIIT translates
 * them (RFC 2765), and the old IPv4-compatible form (RFC 4291, section 2.5.5.1). A BlockList sees through the IPv4-mapped
 * form by itself.
 */
function wrapped([cidr, why]: Rule): Rule[] {
  const [address = "", bits] = cidr.split("/");
  if (isIP(address) !== 4) return [];
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  const [low, high] = [96 + Number(bits), 16 + Number(bits)];
  const rules: Rule[] = [
    [`64:ff9b::${hex}/${low}`, `${why}, behind NAT64`],
    [`64:ff9b:1::${hex}/${low}`, `${why}, behind NAT64`],
    [`::ffff:0:${hex}/${low}`, `${why}, as SIIT has it`],
    [`2002:${hex}::/${high}`, `${why}, as 6to4`],
  ];
  // `::0.0.0.0/8` would hold `::1`.
  if (a !== 0) rules.push([`::${hex}/${low}`, `${why}, as an IPv4-compatible address`]);
  return rules;
}

/** @throws ConfigError where `cidr` is neither an address nor a CIDR block. */
export function block(cidr: string, where: string): Block {
  const [address = "", bits, ...rest] = (typeof cidr === "string" ? cidr : "").split("/");
  const family = isIP(address);
  const width = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (family === 0 || address.includes("%") || rest.length > 0 || !(prefix >= 0 && prefix <= width)) {
    throw new ConfigError(where, cidr, 'a CIDR block such as "10.0.0.0/8"');
  }
  const type = family === 6 ? "ipv6" : "ipv4";
  return { list: blockList(address, prefix, type), type };
}

interface Block {
  readonly list: BlockList;
  readonly type: "ipv4" | "ipv6";
}
