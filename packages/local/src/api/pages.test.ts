import fc from "fast-check";
import { expect, it } from "vitest";
import { Input } from "./input.ts";
import { page } from "./pages.ts";

it("pages of any size, one after the other, give everything once and in order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(), { maxLength: 300 }),
      fc.integer({ min: 1, max: 100 }),
      (all, MaxResults) => {
        const given: number[] = [];
        for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
          const { items, next } = page(new Input({ MaxResults, ...(token && { NextToken: token }) }), all);
          expect(items.length).toBeLessThanOrEqual(MaxResults);
          given.push(...items);
          token = next.NextToken;
        }
        expect(given).toEqual(all);
      },
    ),
  );
});
