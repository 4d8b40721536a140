// biome-ignore-all assist/source/organizeImports: the order of the page
/**
 * The way in, what the instance can do, and what it gives.
 * @module byname
 */
export {
  createByname,
  type Byname,
  type Fetch,
  type RequestOptions,
  type UndiciDispatcher,
  type Resolution,
  type ServiceState,
  type Endpoint,
  type SourceName,
  type BuiltInSource,
} from "../../src/index.ts";
