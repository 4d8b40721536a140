// biome-ignore-all assist/source/organizeImports: the order of the page
/**
 * What can be listened to, and what each event tells.
 * @module events
 */
export type { BynameEvents, AttemptEvent, EventHeaders } from "../../src/ground/events.ts";
