import { handler } from "./byname.ts";

/** Ready: the same, where init waits until the service has been looked up. */
export { handler };

await handler.ready();
