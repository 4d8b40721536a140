import { handler } from "./calls.ts";

// Ready: the same, with an init that is over when `orders` has been looked up.
await handler.ready();

export { handler };
