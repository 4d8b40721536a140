import { readFileSync } from "node:fs";
import { inChild, printCode } from "./child.ts";

/** Recipes: the code on a page of the docs that starts from the program's instance, as its readers run it. */
export interface Recipe {
  readonly heading: string;
  readonly code: string;
}

/** @param page its name in `docs` */
export function recipesOf(page: string): Recipe[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  return text.split(/^## /m).flatMap((section) => {
    const blocks = [...section.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!);
    const heading = section.split("\n", 1)[0]!;
    return blocks.filter((code) => code.includes("./byname.js")).map((code) => ({ heading, code }));
  });
}

export interface RecipeOptions {
  /** Code for `./byname.js`. */
  readonly instance: string;
  /** Code that follows the recipe. @default prints its answer */
  readonly after?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a recipe in a process of its own. @returns what it printed */
export function runRecipe(
  recipe: string,
  { instance, after = "print(answer);", env }: RecipeOptions,
): Promise<unknown[]> {
  const code = recipe.replace(/^import \{.*\} from ".\/byname.js";$/m, () => instance);
  return inChild(`${printCode}\n${code}\n${after}\nprocess.exit();`, env);
}
