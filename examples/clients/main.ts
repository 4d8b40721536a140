import { get } from "node:http";
import { text } from "node:stream/consumers";
import { startLocal } from "@byname/local";
import axios from "axios";
import { createByname } from "byname";
import got from "got";
import ky from "ky";
import { ofetch } from "ofetch";
import { request } from "undici";

// The AWS side, with two tasks of a service.
const local = await startLocal({ services: { orders: {} } });
const tasks = await Promise.all(["one", "two"].map((name) => local.serve("orders", `task ${name}`)));

const byname = createByname({ services: { orders: {} } }, { env: local.env("lambda") });
await byname.install();
const url = "http://orders/";

const clients: Readonly<Record<string, () => Promise<string>>> = {
  "byname.fetch": async () => (await byname.fetch(url)).text(),
  "fetch, after install()": async () => (await fetch(url)).text(),
  "byname.request": async () => (await byname.request(url)).body.text(),
  "undici's request": async () => (await request(url, { dispatcher: byname.dispatcher })).body.text(),
  "node:http": () =>
    new Promise((resolve, reject) => {
      get(url, { agent: byname.agent }, (response) => resolve(text(response))).once("error", reject);
    }),
  axios: async () => (await axios.get<string>(url, { httpAgent: byname.agent, proxy: false })).data,
  got: () => got(url, { agent: { http: byname.agent } }).text(),
  ky: () => ky.get(url, { fetch: byname.fetch }).text(),
  ofetch: () => ofetch(url, { responseType: "text" }),
};

await callAll("two tasks");
await tasks[0]!.stop();
await callAll("one of them has stopped, and DNS does not know it");

await byname.close();
await local.close();

/** Each client calls the service four times. */
async function callAll(title: string): Promise<void> {
  console.log(`${title}:`);
  for (const [name, call] of Object.entries(clients)) {
    const answers = await Promise.all([call(), call(), call(), call()]);
    console.log(`  ${name.padEnd(22)} ${answers.join(", ")}`);
  }
}
