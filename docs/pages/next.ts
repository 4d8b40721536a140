/**
 * In Next.js.
 * @module @byname/next
 */
export * from "../../packages/next/src/index.ts";
