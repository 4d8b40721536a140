import { sourceFaults } from "./source-faults.ts";
import { table } from "./table.ts";

table(sourceFaults);
