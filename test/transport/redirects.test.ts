import { describe, expect, test } from "vitest";
import { endpoints, FakeSource } from "../support/fake-source.ts";
import { type Loopback, loopback } from "../support/loopback.ts";
import { byFetch, byInstall, bynameAt, bynameWith, byUndici } from "../support/transports.ts";

describe.each([byFetch, byInstall, byUndici])("a redirect under $name", (transport) => {
  test("that is relative stays with the service", async () => {
    await using server = await redirecting(() => "next?page=2");
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/v1/first");
    expect(reply.url).toBe("http://orders/v1/next?page=2");
    expect(server.seen).toMatchObject([
      { target: "/v1/first", host: "orders" },
      { target: "/v1/next?page=2", host: "orders" },
    ]);
  });

  test("that names the service itself finds it again", async () => {
    await using server = await redirecting(() => "http://orders/next");
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/first");
    expect(reply.url).toBe("http://orders/next");
    expect(await reply.text()).toBe("arrived");
  });

  test("to another service goes there, without the authorization for the first", async () => {
    await using users = await loopback((_, response) => response.end("users here"));
    await using orders = await redirecting(() => "http://users/next");
    const source = new FakeSource("fake");
    source.lookup = ({ origin }) => endpoints(60_000, origin === "http://users" ? at(users) : at(orders));
    await using byname = bynameWith(source, { orders: {}, users: {} });
    const call = await transport.of(byname);
    const reply = await call("http://orders/first", { headers: { authorization: "Bearer x" } });
    expect(reply.url).toBe("http://users/next");
    expect(await reply.text()).toBe("users here");
    expect(users.seen).toMatchObject([{ host: "users" }]);
    expect(users.seen[0]?.headers.authorization).toBeUndefined();
    expect(orders.seen[0]?.headers.authorization).toBe("Bearer x");
  });

  test("away from all services is followed as any", async () => {
    await using away = await loopback((_, response) => response.end("away"));
    await using server = await redirecting(() => `http://127.0.0.1:${away.port}/out`);
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("http://orders/first");
    expect(reply.url).toBe(`http://127.0.0.1:${away.port}/out`);
    expect(await reply.text()).toBe("away");
  });
});

describe("a redirect from outside", () => {
  test("to a service is led there", async () => {
    await using server = await loopback((_, response) => response.end("inside"));
    await using outside = await redirecting(() => "http://orders/in");
    await using byname = bynameAt(server);
    const call = await byInstall.of(byname);
    expect(await (await call(`http://127.0.0.1:${outside.port}/first`)).text()).toBe("inside");
  });
});

describe("a redirect under request", () => {
  test("is handed to the caller, as undici does it", async () => {
    await using server = await redirecting(() => "/next");
    await using byname = bynameAt(server);
    const { statusCode, headers, body } = await byname.request("http://orders/first");
    expect(statusCode).toBe(307);
    expect(headers.location).toBe("/next");
    await body.dump();
  });
});

/** Sends whoever asks for a path that ends in `first` elsewhere. */
function redirecting(to: () => string): Promise<Loopback> {
  return loopback((request, response) => {
    if (request.url?.endsWith("first")) response.writeHead(307, { location: to() });
    response.end("arrived");
  });
}

function at({ address, port }: Loopback): { address: string; port: number } {
  return { address, port };
}
