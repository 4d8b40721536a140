import { byname } from "@byname/next";

const known = globalThis as { copies?: Set<typeof byname> };
known.copies ??= new Set();
known.copies.add(byname);

/** The copies of @byname/next that this process has loaded so far. */
export const copies = known.copies;
