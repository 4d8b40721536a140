import { describe, expect, it } from "vitest";
import { noPaint, type Paint } from "./paint.ts";
import { table } from "./table.ts";

const options = { width: 40, paint: noPaint };

describe("table", () => {
  it("makes columns as wide as they need", () => {
    const text = table(
      ["source", "answer"],
      [
        ["dns", "endpoints"],
        ["cloudMap", "empty"],
      ],
      options,
    );
    expect(text).toBe("  source    answer\n  dns       endpoints\n  cloudMap  empty");
  });

  it("wraps the last column inside itself", () => {
    const text = table(["source", "said"], [["dns", "one two three four five six seven"]], options);
    expect(text.split("\n")).toEqual([
      "  source  said",
      "  dns     one two three four five six",
      "          seven",
    ]);
  });

  it("cuts the widest column where the last one would have too little", () => {
    const name = "a".repeat(30);
    const lines = table(["name", "said"], [[name, "one two three four five six"]], options).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(lines[1]).toContain("…");
  });

  it("neither cuts nor wraps where there is no width", () => {
    const said = "word ".repeat(100).trim();
    const wide = { ...options, width: Number.POSITIVE_INFINITY };
    expect(table(["name", "said"], [["a".repeat(90), said]], wide).split("\n")[1]).toBe(
      `  ${"a".repeat(90)}  ${said}`,
    );
  });

  it("paints after measuring", () => {
    const paint: Paint = (style, text) => `<${style}>${text}</>`;
    const row = [{ text: "dns", style: "green" as const }, "x"];
    expect(table(["source", "a"], [row], { ...options, paint }).split("\n")[1]).toBe("  <green>dns   </>  x");
  });
});
