import type { Fault as LocalFault } from "../../packages/local/src/index.ts";
import { type Aws, type AwsOptions, aws } from "./aws.ts";
import type { Fault, Scene } from "./fault.ts";

/** Faults of what services are looked up by, as a Lambda function in the VPC meets them. */
export const sourceFaults: readonly Fault[] = [
  {
    name: "DNS gives an address where nobody listens",
    remedy: "the next source's tasks are tried at once",
    arrange: (parts) => broken(parts, ({ local }) => local.dns.fault({ address: "127.0.0.99" })),
    fate: { sees: 200, reached: 1, attempts: 2 },
  },
  {
    name: "DNS knows the name and no address",
    remedy: "the next source is asked",
    arrange: (parts) => broken(parts, ({ local }) => local.dns.fault({ empty: true })),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "DNS does not answer",
    remedy: "after 250 ms the next source is asked as well",
    arrange: (parts) => broken(parts, ({ local }) => local.dns.fault({ drop: true })),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "DNS says SERVFAIL",
    remedy: "the next source is asked",
    arrange: (parts) => broken(parts, ({ local }) => local.dns.fault({ error: "SERVFAIL" })),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "The DNS server is down",
    remedy: "the next source is asked",
    arrange: (parts) => broken(parts, ({ local }) => local.dns.stop()),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "The API throttles, and there is a fixed address",
    remedy: "the fixed address is called",
    arrange: (parts) => onlyByApi(parts, { throttle: true }, { isFixed: true }),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "The API throttles, and nothing else knows the service",
    remedy: "nothing: the error names every source and what it said",
    arrange: (parts) => onlyByApi(parts, { throttle: true }),
    fate: { sees: "BYNAME_RESOLVE", reached: 0, attempts: 0 },
  },
  {
    name: "The API denies access, and nothing else knows the service",
    remedy: "nothing: the error names every source and what it said",
    arrange: (parts) => onlyByApi(parts, { error: "AccessDeniedException" }),
    fate: { sees: "BYNAME_RESOLVE", reached: 0, attempts: 0 },
  },
  {
    name: "The API takes longer than `resolve.hedgeAfter`",
    remedy: "it is waited for",
    arrange: (parts) => onlyByApi(parts, { delay: 300 }),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "The API does not answer, and there is a fixed address",
    remedy: "after 250 ms the fixed address is called",
    arrange: (parts) => onlyByApi(parts, { drop: true }, { isFixed: true }),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "The API does not answer, and nothing else knows the service",
    remedy: "it is waited for until `resolve.timeout`",
    arrange: (parts) => onlyByApi(parts, { drop: true }, { resolve: { timeout: 300 } }),
    fate: { sees: "BYNAME_RESOLVE", reached: 0, attempts: 0 },
  },
  {
    name: "The service has no instance",
    remedy: "nothing: the error says that the service is there",
    arrange: (parts) =>
      broken(parts, ({ local }) => local.dns.fault({ empty: true }), { service: { instances: [] } }),
    fate: { sees: "BYNAME_NO_ENDPOINTS", reached: 0, attempts: 0 },
  },
  {
    name: "Every source is down, and was not a minute ago",
    remedy: "the last good answer is used",
    arrange: (parts) => outage(parts, 60_000),
    fate: { sees: 200, reached: 1, attempts: 1 },
  },
  {
    name: "Every source is down, and has been for longer than `staleFor`",
    remedy: "nothing: the addresses may be somebody else's by now",
    arrange: (parts) => outage(parts, 600_000),
    fate: { sees: "BYNAME_RESOLVE", reached: 0, attempts: 0 },
  },
];

/** An instance for which something breaks before its first request. */
async function broken(
  parts: AsyncDisposableStack,
  breaks: (aws: Aws) => unknown,
  options?: AwsOptions,
): Promise<Scene> {
  const around = await aws(parts, options);
  await breaks(around);
  return { byname: around.byname, tasks: [around.task] };
}

function onlyByApi(parts: AsyncDisposableStack, fault: LocalFault, options: AwsOptions = {}): Promise<Scene> {
  return broken(parts, ({ local }) => local.api.fault(fault), { ...options, service: { dns: false } });
}

/** Every source goes down after a first request, and then time passes. */
function outage(parts: AsyncDisposableStack, ms: number): Promise<Scene> {
  return broken(parts, async ({ local, byname, skip }) => {
    await (await byname.fetch("http://orders/")).text();
    await Promise.all([local.dns.stop(), local.api.stop()]);
    skip(ms);
  });
}
