import { absenceCheck } from "./absence-check.ts";
import { aliasesCheck } from "./aliases-check.ts";
import { apiCheck } from "./api-check.ts";
import { clockCheck } from "./clock-check.ts";
import { endpointsCheck } from "./endpoints-check.ts";
import type { Check } from "./finding.ts";
import { limitsCheck } from "./limits-check.ts";
import { nameServersCheck } from "./name-servers-check.ts";
import { namespacesCheck } from "./namespaces-check.ts";
import { permissionsCheck } from "./permissions-check.ts";
import { placeCheck } from "./place-check.ts";
import { portsCheck } from "./ports-check.ts";
import { recordsCheck } from "./records-check.ts";
import { registeredCheck } from "./registered-check.ts";
import { resolutionCheck } from "./resolution-check.ts";

/** The checks, in the order in which they are told: from where this runs to what a caller gets. */
export const checks: readonly Check[] = [
  placeCheck,
  aliasesCheck,
  nameServersCheck,
  namespacesCheck,
  apiCheck,
  clockCheck,
  permissionsCheck,
  registeredCheck,
  recordsCheck,
  absenceCheck,
  portsCheck,
  limitsCheck,
  resolutionCheck,
  endpointsCheck,
];
