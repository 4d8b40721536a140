// undici has no `exports` map. Its index replaces the process's global dispatcher while it loads, and with it what
// Node's own fetch uses; these files do not, and load in a third of the time.
declare module "undici/lib/dispatcher/pool.js" {
  export { Pool as default } from "undici";
}
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}
declare module "undici/lib/dispatcher/dispatcher1-wrapper.js" {
  import type { Dispatcher, Dispatcher1Wrapper } from "undici";

  const wrapper: typeof Dispatcher1Wrapper & {
    /** Shows a handler of undici up to 7 as one of 8; its published types leave this out. */
    wrapHandler(handler: unknown): Dispatcher.DispatchHandler;
  };
  export default wrapper;
}
declare module "undici/lib/api/api-request.js" {
  import type { Dispatcher } from "undici";
  export default function request(
    this: Pick<Dispatcher, "dispatch">,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}
