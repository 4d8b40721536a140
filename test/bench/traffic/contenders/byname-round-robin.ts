import type { Open } from "../contenders.ts";
import { byRequest } from "./byname.ts";

/** byname without its balancing: what round robin does with the same retries and ejections. */
export const open: Open = (where) => byRequest(where, { balance: "roundRobin" });
