import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fault } from "../fault.ts";
import { type Active, Faults } from "../faults.ts";
import { httpListener } from "../listener.ts";
import { after, type Part, RequestLog } from "../part.ts";
import { AwsError } from "../registry/aws-error.ts";
import { isCalled, type View } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import { someText } from "../wrong.ts";
import type { Operation } from "./call.ts";
import { discoveryOperations } from "./discovery.ts";
import { Input } from "./input.ts";
import { instanceOperations } from "./instances.ts";
import { namespaceOperations } from "./namespaces.ts";
import { serviceOperations } from "./services.ts";
import type { Throttle } from "./throttle.ts";
import { isSigned, operationOf, readBody, sendAnswer, sendError, sendHalf } from "./wire.ts";

/** The API: Cloud Map's endpoint. The host name it is called by, with `data-` or without, makes no difference. */
export interface Api extends Part<ApiRequest> {
  /** `host:port`. */
  readonly address: string;
  /** What AWS_ENDPOINT_URL_SERVICEDISCOVERY takes. */
  readonly url: string;
}

/** A call of an operation. */
export interface ApiRequest {
  /** Such as `DiscoverInstances`. */
  readonly operation: string;
  /** The Cloud Map service it is about, by name or id as the caller wrote it. */
  readonly service?: string;
}

const operations: Readonly<Record<string, Operation>> = {
  ...namespaceOperations,
  ...serviceOperations,
  ...instanceOperations,
  ...discoveryOperations,
};

export const operationNames: readonly string[] = Object.keys(operations);

export async function startApi(registry: Registry, throttle: Throttle | undefined): Promise<Api> {
  const log = new RequestLog<ApiRequest>();
  const faults = new Faults<View>(
    {
      part: "api",
      effects: ["drop", "error", "throttle", "empty", "half", "address", "stale"],
      scopes: ["service", "operation"],
      operations: operationNames,
      checkError: (error) => someText("api.fault.error", error, "AccessDeniedException"),
      knows: (name) => [...registry.view.services.values()].some((service) => isCalled(service, name)),
    },
    () => registry.freeze(),
  );
  const listener = httpListener("127.0.0.1", 0, (request, response) => {
    answer({ registry, throttle, faults, log }, request, response).catch((error: unknown) => {
      sendError(
        response,
        error instanceof AwsError ? error : new AwsError("InternalFailure", String(error), {}, 500),
      );
    });
  });
  await listener.open();
  return {
    get address() {
      return `127.0.0.1:${listener.port}`;
    },
    get url() {
      return `http://127.0.0.1:${listener.port}`;
    },
    requests: log.entries,
    forget: () => log.forget(),
    start: () => listener.open(),
    stop: () => listener.close(),
    fault: (fault: Fault) => faults.begin(fault),
    mend: () => faults.mend(),
  };
}

interface Context {
  readonly registry: Registry;
  readonly throttle: Throttle | undefined;
  readonly faults: Faults<View>;
  readonly log: RequestLog<ApiRequest>;
}

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { registry, throttle } = context;
  const body = await readBody(request);
  const name = operationOf(request) ?? "";
  const service = body.ServiceName ?? body.ServiceId;
  context.log.add({ operation: name, ...(typeof service === "string" && { service }) });
  const active = context.faults.meet({ operation: name, isFor: (word) => isAbout(registry, body, word) });
  if (active?.fault.delay) await after(active.fault.delay);
  if (active?.fault.drop) return;
  if (!isSigned(request)) {
    throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", {}, 403);
  }
  const isKnown = request.method === "POST" && Object.hasOwn(operations, name);
  const operation = isKnown ? operations[name] : undefined;
  if (!operation)
    throw new AwsError("UnknownOperationException", `Unknown operation ${name || request.method}`);
  if (active?.fault.error !== undefined) throw faultError(String(active.fault.error));
  if (active?.fault.throttle || throttle?.take(name) === false) throw faultError("RequestLimitExceeded");
  const result = operation({ input: new Input(body), registry, view: active?.frozen ?? registry.view });
  if (active?.fault.half) sendHalf(response, result);
  else sendAnswer(response, bent(result, active));
}

/** The answer as an `empty` or `address` fault leaves it. */
function bent(result: object, active: Active<View> | undefined): object {
  const { empty, address } = active?.fault ?? {};
  if (!empty && address === undefined) return result;
  const lists = Object.entries(result).map(([key, value]): [string, unknown] => {
    if (!Array.isArray(value)) return [key, value];
    return [key, empty ? [] : value.map((item: Addressed) => movedTo(item, address!))];
  });
  return Object.fromEntries(lists);
}

interface Addressed {
  readonly Attributes?: Readonly<Record<string, string>>;
}

function movedTo(item: Addressed, address: string): Addressed {
  if (!item.Attributes) return item;
  const { AWS_INSTANCE_IPV4: _v4, AWS_INSTANCE_IPV6: _v6, ...rest } = item.Attributes;
  return { ...item, Attributes: { ...rest, [addressKey(address)]: address } };
}

/** The attribute that an address stands in. */
export function addressKey(address: string): "AWS_INSTANCE_IPV4" | "AWS_INSTANCE_IPV6" {
  return address.includes(":") ? "AWS_INSTANCE_IPV6" : "AWS_INSTANCE_IPV4";
}

/** Throttling comes with status 400, server faults with 5xx, denied access as 400 too: the JSON protocol's habit. */
function faultError(type: string): AwsError {
  const isServerFault = /^(Internal|Service(Unavailable|Failure))/.test(type);
  const message = type === "RequestLimitExceeded" ? "Rate exceeded" : `${type} on demand`;
  return new AwsError(type, message, {}, isServerFault ? (type.startsWith("ServiceU") ? 503 : 500) : 400);
}

function isAbout(registry: Registry, body: Record<string, unknown>, word: string): boolean {
  const id = String(body.ServiceId ?? body.Id ?? "");
  const name = body.ServiceName;
  for (const service of registry.view.services.values()) {
    if (service.id !== id && service.arn !== id && service.name !== name) continue;
    const isThere =
      name === undefined || registry.namespace(service.namespaceId).httpName === body.NamespaceName;
    if (isThere && isCalled(service, word)) return true;
  }
  return false;
}
