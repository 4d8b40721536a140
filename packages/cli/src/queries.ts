import type { Query, Source } from "byname";
import { bynameWith, type Setting } from "./setting.ts";

/**
 * Queries: the services that are asked for, each with its settled entry of the catalog, as the sources get them: a
 * source of our own stands in for all others and notes what it is asked.
 * @param names all of the catalog when left out.
 * @throws ConfigError where a name cannot be one.
 */
export async function queriesFor(setting: Setting, names?: readonly string[]): Promise<Query[]> {
  const queries: Query[] = [];
  const noting: Source = {
    name: "noting",
    lookup(query) {
      queries.push(query);
      return { kind: "notMine", detail: "only noted" };
    },
  };
  await using byname = bynameWith(setting, [noting]);
  if (!names) await byname.prefetch();
  // One after the other, so that a wrong name is told before the next one is asked for.
  for (const name of names ?? []) await byname.resolve(name).catch(throwUnlessNotFound);
  return queries;
}

function throwUnlessNotFound(error: { readonly code?: string }): void {
  if (error.code !== "BYNAME_SERVICE_NOT_FOUND" && error.code !== "BYNAME_RESOLVE") throw error;
}
