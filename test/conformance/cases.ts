import type { Case } from "./case.ts";
import { aborts } from "./cases/aborts.ts";
import { afterwards } from "./cases/afterwards.ts";
import { answers } from "./cases/answers.ts";
import { bodies } from "./cases/bodies.ts";
import { inputs } from "./cases/inputs.ts";
import { proxies } from "./cases/proxies.ts";
import { redirects } from "./cases/redirects.ts";
import { refusals } from "./cases/refusals.ts";
import { settings } from "./cases/settings.ts";
import { trouble } from "./cases/trouble.ts";

/** Every case, by what it is about. A new one is a new row of its table. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  "what fetch is given": inputs,
  "what changes after the call": afterwards,
  "bodies of requests": bodies,
  answers,
  redirects,
  aborts,
  settings,
  "what fetch refuses": refusals,
  "servers in trouble": trouble,
  "answers that may be a proxy's": proxies,
};
