/**
 * A name resolver for `@grpc/grpc-js`.
 * @module @byname/grpc
 */
export * from "../../packages/grpc/src/index.ts";
