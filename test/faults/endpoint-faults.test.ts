import { afterAll } from "vitest";
import { closeSilence, endpointFaults } from "./endpoint-faults.ts";
import { table } from "./table.ts";

afterAll(closeSilence);
table(endpointFaults);
