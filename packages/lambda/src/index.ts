/**
 * @byname/lambda: byname in AWS Lambda. `@byname/lambda/middy` is the same for Middy.
 * @module
 */
export type { LambdaContext } from "./context.ts";
export type { LambdaOptions } from "./environment.ts";
export {
  type Handler,
  type Ready,
  type StreamingHandler,
  streamWithByname,
  withByname,
} from "./with-byname.ts";
