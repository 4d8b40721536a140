import type { Style } from "../terminal/paint.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { count, indented, shown, wrap } from "../terminal/text.ts";
import type { Change, Finding, Verdict } from "./finding.ts";

export interface ViewOptions {
  /** Evidence of what is good as well. */
  readonly verbose?: boolean;
}

/** The findings under their checks' names, and what they come to. */
export function findingsText(
  findings: readonly Finding[],
  terminal: Pick<Terminal, "width" | "paint">,
  options: ViewOptions = {},
): string {
  const told = new Set<string>();
  const parts = [...Map.groupBy(findings, ({ check }) => check)].map(([check, own]) => {
    const texts = together(own, options).map((one) => findingText(one, { ...terminal, ...options, told }));
    return [terminal.paint("bold", check), ...texts].join("\n");
  });
  return `${parts.join("\n\n")}\n\n${summary(findings, terminal)}\n`;
}

const marks: Readonly<Record<Verdict, readonly [mark: string, style: Style]>> = {
  good: ["✓", "green"],
  note: ["•", "cyan"],
  wrong: ["!", "yellow"],
  broken: ["✗", "red"],
  unseen: ["?", "dim"],
};

const indent = "      ";

interface Telling extends Pick<Terminal, "width" | "paint">, ViewOptions {
  /** The changes that stand above already. */
  readonly told: Set<string>;
}

/** What is the same for several services is told once for all of them. */
function together(findings: readonly Finding[], { verbose }: ViewOptions): Finding[] {
  const groups = new Map<string, Finding>();
  for (const { service, ...rest } of findings) {
    const isShort = rest.verdict === "good" && !verbose;
    const key = JSON.stringify([service !== undefined, isShort ? { ...rest, evidence: [] } : rest]);
    const before = groups.get(key)?.service;
    const services = [before, service].filter((name) => name !== undefined).join(", ");
    groups.set(key, services ? { ...rest, service: services } : rest);
  }
  return [...groups.values()];
}

function findingText(finding: Finding, telling: Telling): string {
  const { width, paint, verbose } = telling;
  const { verdict, service, title, evidence, means, changes = [] } = finding;
  const [mark, style] = marks[verdict];
  const head = shown(service ? `${service}: ${title}` : title);
  const [first = "", ...more] = wrap(head, Math.max(width - 4, 20));
  const lines = [`  ${paint(style, mark)} ${first}`, ...more.map((line) => `    ${line}`)];
  if (verdict !== "good" || verbose) {
    for (const line of evidence) lines.push(paint("dim", indented(shown(line), indent, width)));
  }
  if (means) lines.push(indented(shown(`${capital(means)}.`), indent, width));
  for (const change of changes) lines.push(changeText(change, telling));
  return lines.join("\n");
}

/** Commands and Terraform are to be copied, so they are never broken; nor are they told twice. */
function changeText({ what, cli, terraform }: Change, { width, paint, told }: Telling): string {
  const key = JSON.stringify([cli, terraform]);
  const isTold = (cli ?? terraform) !== undefined && told.has(key);
  told.add(key);
  const text = shown(isTold ? `${what} (as above)` : what);
  const [first = "", ...more] = wrap(text, Math.max(width - indent.length - 2, 20));
  const lines = [`${indent}${paint("cyan", "→")} ${first}`, ...more.map((line) => `${indent}  ${line}`)];
  if (isTold) return lines.join("\n");
  if (cli) lines.push(`${indent}    ${paint("bold", `$ ${shown(cli)}`)}`);
  for (const line of terraform?.split("\n") ?? []) lines.push(`${indent}    ${paint("dim", shown(line))}`);
  return lines.join("\n");
}

function summary(findings: readonly Finding[], { paint }: Pick<Terminal, "paint">): string {
  const of = (verdict: Verdict) => findings.filter((one) => one.verdict === verdict);
  const [broken, wrong, unseen] = [of("broken"), of("wrong"), of("unseen")];
  const rest = [
    wrong.length > 0 ? paint("yellow", `${wrong.length} to mend`) : "",
    unseen.length > 0 ? `${unseen.length} could not be seen from here` : "",
  ].filter(Boolean);
  const lost = new Set(broken.map(({ service }) => service)).size;
  const isEmpty = of("good").every(({ service }) => service === undefined) && lost === 0;
  if (isEmpty) return ["no service was looked at", ...rest].join(", ");
  const first =
    lost > 0
      ? paint("red", `${count(lost, "service")} cannot be called`)
      : paint("green", "every service can be called");
  return [first, ...rest].join(", ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
