/**
 * @byname/next: byname in Next.js. Edge runtimes get `edge.ts` in its place.
 * @module
 */
export { byname, fetch, register } from "./registration.ts";
