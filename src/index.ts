/**
 * byname: calling AWS services by name. `createByname` is the way in; everything else here is a type or an error.
 * @module
 */
export type { Byname } from "./byname.ts";
export { createByname } from "./byname.ts";
export type { Balance, OwnPicker, PickerCandidate } from "./ground/balance.ts";
export type { Clock } from "./ground/clock.ts";
export type { Endpoint, FoundEndpoint } from "./ground/endpoint.ts";
export type { FailedAttempt } from "./ground/errors.ts";
export {
  AttemptTimeoutError,
  BynameError,
  ClosedError,
  ConfigError,
  DeadlineError,
  NoEndpointsError,
  RequestError,
  ResolveError,
  ServiceNotFoundError,
} from "./ground/errors.ts";
export type { AttemptEvent, BynameEvents, EventHeaders } from "./ground/events.ts";
export type { BynameOptions, ServiceOptions } from "./ground/options.ts";
export type { RequestPolicy } from "./ground/request-policy.ts";
export type { BuiltInSource, Resolution, ServiceState, SourceName } from "./ground/resolution.ts";
export type { Scope } from "./ground/scope.ts";
export type { FixedAddress, Query, Scheme, Service } from "./ground/service.ts";
export type { Surroundings } from "./ground/settings.ts";
export type { Answer, Source, SourceReport } from "./ground/source.ts";
export type { UndiciDispatcher } from "./transport/dispatcher.ts";
export type { Fetch } from "./transport/fetch.ts";
export type { RequestOptions } from "./transport/request.ts";
