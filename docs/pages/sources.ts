// biome-ignore-all assist/source/organizeImports: the order of the page
/**
 * What a source of your own is asked, and what it may answer.
 * @module sources
 */
export type {
  Source,
  Answer,
  FoundEndpoint,
  Query,
  Service,
  FixedAddress,
  Scheme,
  SourceReport,
} from "../../src/index.ts";
