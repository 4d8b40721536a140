/**
 * Defaults: the numbers that byname works by, in one table. Milliseconds unless a line says otherwise.
 * Each is AWS's own figure, a standard of the field, or says why it is what it is.
 */
export const defaults = {
  /** A source that has not answered after this is joined by the next one. Happy Eyeballs' delay (RFC 8305, section 5). */
  hedgeAfter: 250,
  /** The longest that one source may take over one lookup. */
  lookupTimeout: 5_000,
  /** How long past its lifetime an answer may still be served, while a new one is fetched or cannot be had. */
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

  /** When metadata is asked for again, where there should be some and none came: a passing error, or a slow start. */
  metadataAgain: [2_000, 10_000, 60_000],

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
  /** A connection is used no longer than this, however busy it is, lest a client stays with one endpoint for ever. */
  connectionAge: 60_000,
  /** Establishing one connection, TLS included. */
  connectTimeout: 2_000,

  // Requests.
  /** A request may take this long until the headers of its response: Service Connect's limit. */
  requestTimeout: 15_000,
  /**
   * An attempt without a connection after this is raced by one to another endpoint, as the budget allows: Happy Eyeballs'
   * delay (RFC 8305).
   */
  connectRace: 250,
  /** Of so many attempts at most for one connection (a count). */
  racersMost: 3,
  /** An answer that nobody wants is read to its end, for the connection's sake: so many bytes, and for so long, at most. */
  unwantedMost: 65_536,
  unwantedFor: 1_000,
  /** undici waits this long for a response's headers, unless it is told otherwise: its own default. */
  undiciHeadersTimeout: 300_000,
  /** How long undici may be making one connection, as far as is kept in mind: three times its own limit. */
  connectingMost: 30_000,
  /** A body that arrives in pieces is kept for another attempt up to this size, in bytes. gRPC's figure for one call. */
  replayMost: 1_048_576,

  // Balancing.
  /** What is known of an endpoint's latency fades towards the usual one with this time constant. Finagle's figure. */
  latencyDecay: 10_000,
  /** A faster answer brings it down by this part of the difference at least (from 0 to 1). */
  latencyShare: 0.1,
  /** What an answer is thought to take before the first one has come: linkerd's figure. */
  latencyFirst: 30,
  /** A failure counts as an answer that took this long, or an endpoint that fails fast would draw all traffic. linkerd's. */
  failurePenalty: 5_000,
  /** So many failures in a row eject an endpoint (a count). Envoy's and Service Connect's figure, as the next two. */
  ejectAfter: 5,
  /** An ejection lasts this long, times how often the endpoint was ejected... */
  ejectFor: 30_000,
  /** ...up to this. */
  ejectMost: 300_000,
  /** One of those times is forgotten for each such stretch without an ejection: Envoy's interval. */
  ejectForget: 10_000,
  /** At most this share of the endpoints is ejected; with fewer than that healthy, all are used. Envoy's panic threshold. */
  ejectShare: 0.5,
  /** A new endpoint comes up to its full share over this time... */
  slowStart: 10_000,
  /** ...from this part of it on. Envoy's floor. */
  slowStartFloor: 0.1,
  /** The own zone comes first only from so many endpoints on (a count). Envoy's figure. */
  zoneLeast: 6,
  /** A client uses so many endpoints of one service at most (a count). Spring's figure. */
  subsetSize: 100,
  /** What is known of an endpoint outlasts its absence by this: as long as a stale answer. */
  leaverGrace: 300_000,
  /** Of how many absent endpoints something is kept at most (a count). */
  leaversMost: 1_000,
  /** An endpoint that answered within this time is taken to be there still when most of a list vanishes at once. */
  vanishedFor: 60_000,

  // Retries.
  /** How often a request is repeated at most (a count). Service Connect's figure. */
  maxRetries: 2,
  /** The wait before a retry is drawn from nothing up to this, doubling: Envoy's figure... */
  backoffFirst: 25,
  /** ...up to this. */
  backoffMost: 1_000,
  /** A Retry-After longer than this is cut to it: linkerd's figure. */
  retryAfterMost: 300_000,
  /** Retries may be this share of the requests... Finagle's figure, as the next two. */
  retryShare: 0.2,
  /** ...and so many a second besides (a count)... */
  retriesPerSecond: 10,
  /** ...both over this window. */
  retryWindow: 10_000,
} as const;
