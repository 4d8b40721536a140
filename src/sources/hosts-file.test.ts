import { expect, test } from "vitest";
import { parseHosts } from "./hosts-file.ts";

const parsed = (text: string) => Object.fromEntries(parseHosts(text));

test("a task's file as ECS writes it", () => {
  const text = `127.0.0.1 localhost
10.0.3.17 ip-10-0-3-17.eu-west-1.compute.internal
127.255.0.1 catalog
2600:f0f0:0:0:0:0:0:1 catalog
127.255.0.2 orders.internal
2600:f0f0:0:0:0:0:0:2 orders.internal
`;
  expect(parsed(text)).toEqual({
    localhost: ["127.0.0.1"],
    "ip-10-0-3-17.eu-west-1.compute.internal": ["10.0.3.17"],
    catalog: ["127.255.0.1", "2600:f0f0:0:0:0:0:0:1"],
    "orders.internal": ["127.255.0.2", "2600:f0f0:0:0:0:0:0:2"],
  });
});

test.each([
  [
    "several names on a line",
    "127.255.0.1 orders users",
    { orders: ["127.255.0.1"], users: ["127.255.0.1"] },
  ],
  ["tabs and many blanks", "\t127.255.0.1 \t  orders\t", { orders: ["127.255.0.1"] }],
  [
    "CRLF",
    "127.255.0.1 orders\r\n127.255.0.2 users\r\n",
    { orders: ["127.255.0.1"], users: ["127.255.0.2"] },
  ],
  ["no newline at the end", "127.255.0.1 orders", { orders: ["127.255.0.1"] }],
  ["a byte order mark", "\uFEFF127.255.0.1 orders", { orders: ["127.255.0.1"] }],
  ["a comment line", "# 127.255.0.1 orders", {}],
  ["a comment behind names", "127.255.0.1 orders # users", { orders: ["127.255.0.1"] }],
  ["a comment without a blank", "127.255.0.1 orders#users", { orders: ["127.255.0.1"] }],
  ["upper case", "127.255.0.1 Orders", { orders: ["127.255.0.1"] }],
  ["the same line twice", "127.255.0.1 a\n127.255.0.1 a", { a: ["127.255.0.1"] }],
  [
    "two addresses of a name, in order",
    "127.255.0.2 a\n127.255.0.1 a",
    { a: ["127.255.0.2", "127.255.0.1"] },
  ],
  ["an address with a zone", "fe80::1%lo0 localhost", { localhost: ["fe80::1%lo0"] }],
  ["an address without names", "127.255.0.1", {}],
  ["a line that starts with no address", "orders 127.255.0.1\n127.255 users", {}],
  ["names of object properties", "127.255.0.1 constructor", { constructor: ["127.255.0.1"] }],
  ["nothing", "", {}],
])("%s", (_what, text, hosts) => expect(parsed(text)).toEqual(hosts));
