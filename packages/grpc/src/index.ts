/**
 * @byname/grpc: a name resolver for `@grpc/grpc-js`. `registerByname` is the way in.
 * @module
 */
export { type RegisterOptions, registerByname } from "./register.ts";
