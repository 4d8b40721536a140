import { operationNames } from "./api/api.ts";
import { type Bucket, quotas } from "./api/throttle.ts";
import type { LocalOptions, LocalServiceOptions } from "./options.ts";
import { onlyKeys, plainObject, someText, wholeNumber, wrong } from "./wrong.ts";

/** Settled options: what `startLocal` was given, checked and complete. */
export interface Settled {
  readonly namespace: string;
  readonly region: string;
  readonly account: string;
  readonly propagationDelay: number;
  readonly healthDelay: number;
  /** Undefined where nothing is throttled. */
  readonly buckets: Readonly<Record<string, Bucket>> | undefined;
  readonly services: Readonly<Record<string, LocalServiceOptions>>;
}

/** Milliseconds. */
export const longestDelay = 3_600_000;

export function settle(options: LocalOptions): Settled {
  plainObject("options", options, "{ services: { orders: { instances: [{ port: 3000 }] } } }");
  onlyKeys("options", options, [
    "namespace",
    "services",
    "region",
    "account",
    "propagationDelay",
    "healthDelay",
    "throttle",
  ]);
  const { namespace, region, account, services = {}, propagationDelay, healthDelay } = options;
  plainObject("services", services, "{ orders: { instances: [{ port: 3000 }] } }");
  return {
    namespace: someText("namespace", namespace ?? "sd.local", "sd.local"),
    region: regionName(region ?? "eu-west-1"),
    account: accountId("account", account ?? "111122223333"),
    propagationDelay: wholeNumber("propagationDelay", propagationDelay ?? 0, 0, longestDelay),
    healthDelay: wholeNumber("healthDelay", healthDelay ?? 0, 0, longestDelay),
    buckets: settleThrottle(options.throttle),
    services,
  };
}

function settleThrottle(throttle: LocalOptions["throttle"]): Settled["buckets"] {
  if (throttle === undefined) return undefined;
  if (throttle === true) return quotas;
  plainObject("throttle", throttle, "{ DiscoverInstances: { rate: 5, burst: 10 } }, or true");
  onlyKeys("throttle", throttle, operationNames);
  for (const [operation, bucket] of Object.entries(throttle)) {
    const where = `throttle.${operation}`;
    plainObject(where, bucket, "{ rate: 5, burst: 10 }");
    onlyKeys(where, bucket, ["rate", "burst"]);
    wholeNumber(`${where}.rate`, bucket.rate, 0, 1_000_000);
    wholeNumber(`${where}.burst`, bucket.burst, 0, 1_000_000);
  }
  return throttle;
}

function regionName(region: unknown): string {
  if (typeof region === "string" && /^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) return region;
  throw wrong("region", region, 'a region such as "eu-west-1"');
}

export function accountId(where: string, account: unknown): string {
  if (typeof account === "string" && /^\d{12}$/.test(account)) return account;
  throw wrong(where, account, 'an account id of 12 digits as a text, such as "111122223333"');
}
