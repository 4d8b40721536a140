// biome-ignore-all assist/source/organizeImports: the order of the page
/**
 * In Lambda: a wrapper around a handler.
 * @module @byname/lambda
 */
export {
  withByname,
  streamWithByname,
  type LambdaOptions,
  type Handler,
  type StreamingHandler,
  type Ready,
  type LambdaContext,
} from "../../packages/lambda/src/index.ts";
