import { proxyFaults } from "./proxy-faults.ts";
import { table } from "./table.ts";

table(proxyFaults);
