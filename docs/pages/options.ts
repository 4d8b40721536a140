// biome-ignore-all assist/source/organizeImports: the order of the page
/**
 * What may be set: for all services, for one of them, for one call.
 * @module options
 */
export type {
  BynameOptions,
  ServiceOptions,
  RequestPolicy,
  Balance,
  OwnPicker,
  PickerCandidate,
  Scope,
  Surroundings,
  Clock,
} from "../../src/index.ts";
