import { withByname } from "@byname/lambda";

/** Wrong: a function that cannot start. */
export const handler = withByname({ services: { orders: { port: 123_456 } } }, async () => {});
