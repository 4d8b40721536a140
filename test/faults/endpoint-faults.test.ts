import { endpointFaults } from "./endpoint-faults.ts";
import { table } from "./table.ts";

table(endpointFaults);
