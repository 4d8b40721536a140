import type { Service } from "../ground/service.ts";
import type { Answer } from "../ground/source.ts";

/**
 * What an error of the Cloud Map API means. The sentences are ours, and of the error only its name, status and code go
 * into them: messages of the service can hold what was signed, tokens included.
 */
export function cloudMapFailure(error: unknown, { httpName, discoveryName }: Service): Answer {
  const name = nameOf(error);
  const told = toldBy(error, name);
  switch (kindOf(error, name)) {
    case "namespace":
      return {
        kind: "notFound",
        detail: `no namespace "${httpName}" (${told}); the API knows it by its HttpName, see the option \`httpName\``,
      };
    case "service":
      return { kind: "notFound", detail: `no service "${discoveryName}" in "${httpName}" (${told})` };
    case "throttled":
      return down("source", `the API's quota for this account is used up (${told})`);
    case "denied":
      return down("service", `access denied (${told}); allow servicediscovery:DiscoverInstances`);
    case "input":
      return down(
        "service",
        `the API does not accept the names or parameters of "${discoveryName}" (${told})`,
      );
    case "credentials":
      return down("source", `no AWS credentials were found (${told})`);
    case "identity":
      return down("source", `the AWS credentials were not accepted (${told})`);
    case "timeout":
      return down(
        "source",
        `no answer in time (${told}); a subnet without a way to the internet needs the VPC endpoint data-servicediscovery`,
      );
    case "other":
      return down("source", `the API could not be asked (${told})`);
  }
}

/** Whether an error says that the caller may not make this call. */
export function isDenied(error: unknown): boolean {
  return kindOf(error, nameOf(error)) === "denied";
}

type Kind =
  | "namespace"
  | "service"
  | "throttled"
  | "denied"
  | "input"
  | "credentials"
  | "identity"
  | "timeout"
  | "other";

/** https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html and CommonErrors.html next to it. */
const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/^NamespaceNotFound/, "namespace"],
  [/^ServiceNotFound/, "service"],
  [/^(RequestLimitExceeded|Throttl|TooManyRequests)/, "throttled"],
  [/^(AccessDenied|NotAuthorized|UnauthorizedOperation)/, "denied"],
  [/^(InvalidInput|ValidationError|ValidationException)/, "input"],
  [/^(CredentialsProviderError|TokenProviderError)/, "credentials"],
  [
    /^(ExpiredToken|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|UnrecognizedClient|IncompleteSignature|MissingAuthenticationToken|RequestExpired|OptInRequired)/,
    "identity",
  ],
  [/^TimeoutError$/, "timeout"],
];

function kindOf(error: unknown, name: string): Kind {
  const code = codeOf(error) ?? "";
  // The SDK calls a connection that broke a TimeoutError as well.
  if (code === "ECONNRESET" || code === "EPIPE") return "other";
  const known = kinds.find(([pattern]) => pattern.test(name));
  if (known) return known[1];
  return code === "ETIMEDOUT" || code === "EHOSTUNREACH" || code === "ENETUNREACH" ? "timeout" : "other";
}

/** A name that does not look like one came from something that is not the API. */
function nameOf(error: unknown): string {
  const { name } = (error ?? {}) as { name?: unknown };
  return typeof name === "string" && /^\w{1,64}$/.test(name) ? name : "Error";
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : undefined;
}

function toldBy(error: unknown, name: string): string {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: unknown } };
  const status = $metadata?.httpStatusCode;
  return typeof status === "number" ? `${name}, HTTP ${status}` : (codeOf(error) ?? name);
}

function down(scope: "source" | "service", detail: string): Answer {
  return { kind: "unavailable", scope, detail };
}
