/** LambdaContext: what is used of the object that Lambda tells a handler about its invocation with. */
export interface LambdaContext {
  /** What is left of the invocation. */
  getRemainingTimeInMillis(): number;
  /** Set to false, so that an answer by callback does not wait for open connections. */
  callbackWaitsForEmptyEventLoop?: boolean;
  /** Told by newer runtimes; on managed instances it is the only place. */
  readonly xRayTraceId?: string | undefined;
}

/** Whether it looks like one; tests and other callers may invoke a handler without. */
export function isContext(value: unknown): value is LambdaContext {
  return typeof (value as Partial<LambdaContext> | null | undefined)?.getRemainingTimeInMillis === "function";
}
