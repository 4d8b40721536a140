import type { Style } from "../terminal/paint.ts";
import { type Cell, table } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { count, duration, indented, shown } from "../terminal/text.ts";
import { authority, type Survey, type SurveyedEndpoint, type SurveyedSource } from "./survey.ts";

/** Two tables: every endpoint with the sources that have it, and what each source said. */
export function surveyText(survey: Survey, terminal: Pick<Terminal, "width" | "paint">): string {
  const { width, paint } = terminal;
  const parts = [headline(survey, paint)];
  if (survey.error) parts.push(indented(shown(survey.error.hint || survey.error.message), "  ", width));
  if (survey.endpoints.length > 0) parts.push(endpointTable(survey, terminal));
  parts.push(sourceTable(survey, terminal));
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function headline(
  { service, source, stale, expiresAt, at, endpoints, error }: Survey,
  paint: Terminal["paint"],
) {
  const name = paint("bold", service);
  if (error || source === undefined) return `${name}: ${paint("red", `cannot be resolved (${error?.code})`)}`;
  const used = endpoints.filter(({ inUse }) => inUse).length;
  const left = (expiresAt ?? at) - at;
  const fresh = stale ? paint("yellow", "stale") : `fresh for ${duration(Math.max(left, 0))}`;
  return `${name}: ${count(used, "endpoint")} by ${paint("green", source)}, ${fresh}`;
}

function endpointTable({ endpoints }: Survey, { width, paint }: Pick<Terminal, "width" | "paint">) {
  const head = ["", "endpoint", "zone", "health", "age", "given by"];
  const rows = endpoints.map((endpoint): Cell[] => [
    endpoint.inUse ? { text: "▸", style: "green" } : "",
    { text: authority(endpoint), style: endpoint.inUse ? "bold" : "dim" },
    endpoint.zone ?? "–",
    health(endpoint),
    endpoint.age < 1_000 ? "now" : duration(endpoint.age),
    endpoint.sources.join(", ") || "–",
  ]);
  return table(head, rows, { width, paint });
}

function health({ health }: SurveyedEndpoint): Cell {
  if (health === "HEALTHY") return { text: "healthy", style: "green" };
  if (health === "UNHEALTHY") return { text: "unhealthy", style: "red" };
  return health === "UNKNOWN" ? "no check" : "–";
}

function sourceTable({ sources, source }: Survey, { width, paint }: Pick<Terminal, "width" | "paint">) {
  const rows = sources.map((one): Cell[] => [
    one.source === source ? { text: "▸", style: "green" } : "",
    one.source,
    { text: words[one.answer], style: styles[one.answer] },
    duration(one.ms),
    one.detail,
  ]);
  return table(["", "source", "answer", "took", "what it said"], rows, { width, paint });
}

const words: Readonly<Record<SurveyedSource["answer"], string>> = {
  endpoints: "endpoints",
  notMine: "not mine",
  notFound: "not found",
  empty: "empty",
  unavailable: "unavailable",
  skipped: "skipped",
  pending: "pending",
};

const styles: Readonly<Record<SurveyedSource["answer"], Style>> = {
  endpoints: "green",
  notMine: "dim",
  notFound: "yellow",
  empty: "yellow",
  unavailable: "red",
  skipped: "dim",
  pending: "dim",
};
