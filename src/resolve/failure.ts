import { NoEndpointsError, ResolveError, ServiceNotFoundError } from "../ground/errors.ts";
import type { Query } from "../ground/service.ts";
import type { SourceReport } from "../ground/source.ts";

/** Failure: what a caller is told when no source has an endpoint, with a hint at what most likely has to change. */
export function failure(query: Query, attempts: readonly SourceReport[]): ResolveError {
  const told = { service: query.service.key, attempts, hint: hint(query, attempts) };
  // A source that was left out may know it.
  if (query.without || !isAuthoritative(attempts)) return new ResolveError(told);
  const isEmpty = attempts.some(({ answer }) => answer === "empty");
  return isEmpty ? new NoEndpointsError(told) : new ServiceNotFoundError(told);
}

/** Whether the sources' silence is knowledge: each of them could answer and none was in trouble. */
export function isAuthoritative(reports: readonly SourceReport[]): boolean {
  return reports.every(({ answer }) => answer === "notMine" || answer === "notFound" || answer === "empty");
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts-deploy.html for the alias rule. */
function hint({ service, without }: Query, reports: readonly SourceReport[]): string {
  if (without) return `Left out, since what they give does not work: ${without.join(", ")}`;
  const said = new Map(reports.map((report) => [report.source, report.answer]));
  if (!service.namespace && said.get("dns") === "notMine") {
    return `Set a namespace for "${service.key}" (option \`namespace\` or BYNAME_NAMESPACE), or a fixed address`;
  }
  const refused = reports.find(({ detail }) => detail.startsWith("every address was refused"));
  if (refused?.detail.includes("loopback")) {
    return 'Loopback addresses are refused. Allow them with `allow: ["127.0.0.0/8"]` or BYNAME_ALLOW, or by `trusted: true` in a source of your own';
  }
  const unavailable = reports.filter(({ answer }) => answer === "unavailable" || answer === "skipped");
  if (unavailable.length > 0) {
    return `Mend ${unavailable.map(({ source }) => source).join(" and ")}, or give "${service.key}" a fixed address to fall back to`;
  }
  if (reports.some(({ answer }) => answer === "empty")) {
    return `The service exists and no instance is registered: look at its running tasks and their health checks`;
  }
  if (reports.every(({ source }) => source === "fixed"))
    return `Give "${service.key}" a fixed address, or ask other \`sources\` as well`;
  return (
    `Check the namespace and the discovery name ("${service.discoveryName}"). A Service Connect alias that is newer than ` +
    `this task's deployment is only seen after this task's own service is deployed again`
  );
}
