import { afterAll, beforeAll, expect, test } from "vitest";
import { type Local, startLocal } from "../../packages/local/src/index.ts";
import { type NextApp, type NextServer, nextApp } from "../support/next-app.ts";

/** The example in `next dev`, which loads modules again after an edit, and puts its own fetch back. */
let local: Local;
let app: NextApp;
let server: NextServer;

beforeAll(async () => {
  local = await startLocal({ services: { orders: {}, users: {} } });
  await local.serve("users", '{"name":"Ada"}');
  await local.serve("orders", '[{"id":1,"product":"lamp"}]');
  app = await nextApp();
  await app.write("next.config.ts", "export default {};");
  server = await app.run("dev", local.env("host"));
  await shown("/");
}, 120_000);

afterAll(async () => {
  await app?.close();
  await local?.close();
});

test("services are known to plain fetch, in a page and in proxy.ts", async () => {
  const page = await shown("/");
  expect(page).toContain("Hello");
  expect(page).toContain("Ada");
  expect(page).toContain("lamp");
}, 60_000);

test("they still are after each edit of the page", async () => {
  for (const greeting of ["Welcome", "Good morning"]) {
    await app.edit("app/page.tsx", (code) => code.replace(/<h1>[^,]+/, `<h1>${greeting}`));
    await expect.poll(() => shown("/"), { timeout: 30_000 }).toContain(greeting);
    expect(await shown("/")).toMatch(/Ada.*lamp/);
  }
}, 120_000);

test("they still are after an edit of what both kinds of fetch are in", async () => {
  for (const how of ["plain", "exported"]) {
    expect(await shown(`/ask/${how}/no/before`)).toContain("<output>[{");
  }
  await app.edit("app/asking.ts", (code) => code.replace("http://orders/orders/", "http://users/users/"));
  for (const how of ["plain", "exported"]) {
    await expect.poll(() => shown(`/ask/${how}/no/after`), { timeout: 30_000 }).toContain("Ada");
  }
}, 120_000);

test("an edit of proxy.ts changes nothing about it either", async () => {
  await app.edit("proxy.ts", (code) => code.replace("name)", "`the first $" + "{name}`)"));
  await expect.poll(() => shown("/"), { timeout: 30_000 }).toContain("the first Ada");
}, 60_000);

async function shown(path: string): Promise<string> {
  const response = await fetch(`${server.url}${path}`);
  return response.text();
}
