import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { Run } from "./run.ts";

/** The whole store, as `npm start` runs it. */
let run: Run;

afterEach(() => run.kill());

describe("the story", () => {
  it("loses no order, sees every caller on every way it should take, and leaves nothing behind", async () => {
    run = new Run("--quick");
    const [code] = await once(run.process, "exit");
    expect(run.printed).toContain("In the end");
    expect({ code, printed: run.printed }).toMatchObject({ code: 0 });
    const [placed, lost] = /(\d+) orders placed, (\d+) lost\n.* sent once more, 0 of them/
      .exec(run.printed)!
      .slice(1);
    expect(Number(placed)).toBeGreaterThan(10);
    expect(lost).toBe("0");
    for (const task of ["storefront", "orders", "recommendations"]) {
      for (const way of ["serviceConnect", "dns", "cloudMap"]) expect(callsOf(task)[way]).toBeGreaterThan(0);
    }
    expect(callsOf("renewals")).toMatchObject({ serviceConnect: Number.NaN });
    for (const way of ["dns", "cloudMap", "dns, kept"]) expect(callsOf("renewals")[way]).toBeGreaterThan(0);
    expect(run.isThere).toBe(false);
  }, 300_000);
});

describe("the store that is kept", () => {
  it("breaks as it is told, freezes the function, and ends on Ctrl-C", async () => {
    run = new Run("--keep");
    await run.until(/renewals +orders +dns /);
    run.type("help");
    const [, pid] = await run.until(/[\s\S]*renewals +(\d+) \(the Lambda function\)/);
    await expect.poll(() => stateOf(pid!), { timeout: 20_000 }).toContain("T");
    run.type("dns off");
    await run.until(/dns off: done[\s\S]*renewals +orders +cloudMap /);
    run.process.kill("SIGINT");
    const [code] = await once(run.process, "exit");
    expect({ code, printed: run.printed }).toMatchObject({ code: 0 });
    expect(run.isThere).toBe(false);
  }, 180_000);

  it("sells on its page, by the page's form alone, once for each time that it was shown", async () => {
    run = new Run("--keep");
    const [, address] = await run.until(/in a browser:\s+(http\S+)/);
    const page = await (await fetch(address!)).text();
    expect(page).toContain("Hello, <!-- -->Ada");
    const [form] = page.match(/<form.*?<\/form>/g)!.filter((html) => html.includes("Buy Mug"));
    const fields = [...form!.matchAll(/name="([^"]+)"(?: value="([^"]+)")?/g)];
    for (const _twice of [1, 2]) {
      const body = new FormData();
      for (const [, name, value = ""] of fields) body.set(name!, value);
      const bought = await fetch(address!, { method: "POST", body, headers: { origin: address! } });
      const { searchParams } = new URL(bought.url);
      expect(await bought.text()).toContain(
        "Thank you! <!-- -->1<!-- --> × <!-- -->Mug<!-- --> for <!-- -->€10.80",
      );
      expect(searchParams.get("order")).toBe(fields.find(([, name]) => name === "order")![2]);
    }
    const answer = await fetch(`${address}/?user=eve`);
    expect(answer.status).toBe(404);
  }, 180_000);

  it("leaves no process behind when it is killed, the frozen function included", async () => {
    run = new Run("--keep");
    await run.until(/renewals +orders +dns /);
    run.process.kill("SIGKILL");
    await expect.poll(() => run.isThere, { timeout: 20_000 }).toBe(false);
  }, 180_000);
});

/** As `ps` has it: T for a process that is stopped. */
function stateOf(pid: string): string {
  return execFileSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" }).trim();
}

/** The caller's line of the last table, by way; NaN where it has none. */
function callsOf(caller: string): Record<string, number> {
  const lines = run.printed.slice(run.printed.lastIndexOf("  calls ")).split("\n");
  const cells = (line: string) => line.trim().split(/ {2,}/);
  const [, ...ways] = cells(lines[0]!);
  const [, ...counts] = cells(lines.find((line) => line.startsWith(`  ${caller} `))!);
  return Object.fromEntries(ways.map((way, index) => [way, Number(counts[index])]));
}
