import type { BynameEvents } from "byname";
import { authority } from "../resolve/survey.ts";
import { type Listener, on, type Sheet } from "./spans.ts";

/** What byname announces: lookups, attempts, and what became of the sources. */
export function bynameEvents(sheet: Sheet): Listener[] {
  return [
    own("byname:resolve", (event) => noteLookup(sheet, event)),
    own("byname:attempt", (event) => noteAttempt(sheet, event)),
    own("byname:source", ({ source, state, detail }) => note(sheet, `${source} is ${state}: ${detail}`)),
    own("byname:fallback", ({ source, state }) =>
      note(sheet, `${source} is ${state === "left" ? "left for the next source" : "back"}`),
    ),
    own("byname:refuse", ({ source, address, reason }) =>
      note(sheet, `${address} from ${source} is refused: ${reason}`),
    ),
  ];
}

function own<Name extends keyof BynameEvents>(
  name: Name,
  listen: (event: BynameEvents[Name]) => void,
): Listener {
  return on(name, listen);
}

function noteLookup(
  sheet: Sheet,
  { service, resolution, error, attempts, ms }: BynameEvents["byname:resolve"],
): void {
  const end = sheet.now();
  const span = { kind: "resolve", name: service, start: end - ms, end, sources: attempts } as const;
  if (resolution) {
    const { source, endpoints } = resolution;
    sheet.spans.push({ ...span, outcome: `${source}, ${endpoints.length} to pick from` });
  } else sheet.spans.push({ ...span, outcome: error?.code ?? "nothing", isFailed: true });
}

function noteAttempt(sheet: Sheet, event: BynameEvents["byname:attempt"]): void {
  const { endpoint, source, method, resent, status, error, ms } = event;
  const end = sheet.now();
  const where = authority(endpoint);
  sheet.spans.push({
    kind: "attempt",
    name: `${resent + 1}. ${method} ${where} by ${source}`,
    start: end - ms,
    end,
    outcome: error ?? String(status),
    endpoint: where,
    ...(error !== undefined || status! >= 500 ? { isFailed: true } : {}),
  });
}

function note(sheet: Sheet, text: string): void {
  sheet.moments.push({ at: sheet.now(), text });
}
