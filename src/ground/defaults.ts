/**
 * Defaults: every number byname works with, in one table. Milliseconds unless a line says otherwise.
 * Each is AWS's own figure, a standard of the field, or says why it is what it is.
 */
export const defaults = {
  /** A source that has not answered after this is joined by the next one. Happy Eyeballs' delay (RFC 8305, section 5). */
  hedgeAfter: 250,
  /** The longest that one source may take over one lookup. */
  lookupTimeout: 5_000,
  /** How long past its lifetime an answer may still be served while its sources fail. */
  staleFor: 300_000,
  /** Lifetimes that sources give, their own bounds apart, are kept within these two. */
  ttlLeast: 1_000,
  ttlMost: 3_600_000,
  /** How many services are remembered at most (a count). */
  maxServices: 1_000,
  /** After a failed lookup the next one waits this long, doubling... */
  retryFirst: 1_000,
  /** ...up to this. */
  retryMost: 5_000,
  /** A refresh starts this share of the lifetime early at most, at random, so that clients do not ask in step. */
  earlyRefresh: 0.2,
  /** A source that was unavailable is left out this long, doubling, each time jittered by a quarter... */
  skipFirst: 1_000,
  /** ...up to this. */
  skipMost: 30_000,

  /** Lifetimes that DNS gives are kept within these bounds. Cloud Map services commonly use 10 s or 60 s. */
  dnsTtlLeast: 1_000,
  dnsTtlMost: 60_000,
  /** The whole of one DNS lookup; c-ares' own time-outs run several times over what they are set to. */
  dnsTimeout: 2_000,
  /** Route 53 gives at most this many values of a multivalue answer (a count). */
  dnsAnswerCap: 8,
  /** How many addresses of one name are put together at most: Cloud Map's quota of instances per service (a count). */
  dnsMergedMost: 1_000,
  /** How many targets of SRV records are asked for at the same time: as many as Route 53 gives (a count). */
  dnsTargetsAtOnce: 8,

  /** How long an answer of the Cloud Map API is taken as fresh before its revision is asked for. */
  cloudMapTtl: 10_000,
  /** A full DiscoverInstances at least this often: the revision does not change when only health does. */
  cloudMapFullEvery: 60_000,
  /** How long one call to the Cloud Map API may take, its SDK's own retries apart. */
  cloudMapRequestTimeout: 2_000,
  /** Connecting to the API. From a subnet without a way to it nothing comes back at all, so this is waited in full. */
  cloudMapConnectTimeout: 1_000,

  /** One question to the metadata endpoint of ECS or Lambda, both of which answer from this very machine. */
  metadataTimeout: 1_000,
  /** The longest answer of a metadata endpoint that is read, in bytes; a task with ten containers has some 20 kB. */
  metadataSize: 1_000_000,

  /** Hosts-file and fixed addresses do not change by themselves; so often the sources before them are asked anew. */
  settledTtl: 10_000,
  /** Service Connect's aliases lie in this range of the task's loopback device. */
  serviceConnectRange: "127.255.0.0/16",
  hostsFile: "/etc/hosts",

  /** An idle socket is closed after this; a server's hint may stretch it only up to the second figure. */
  keepAlive: 4_000,
  keepAliveMost: 10_000,
  /** Establishing one connection, TLS included. */
  connectTimeout: 2_000,
} as const;
