/**
 * The same as `@byname/lambda`, as a middleware of Middy.
 * @module @byname/lambda/middy
 */
export * from "../../packages/lambda/src/middy.ts";
