import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createByname } from "../../src/byname.ts";
import { RequestError } from "../../src/index.ts";
import { dispatcherAt, setDispatcherAt, slots } from "../../src/transport/global-dispatcher.ts";
import { bodyOf, loopback } from "../support/loopback.ts";
import { trustCertificates } from "../support/tls/certificates.ts";
import { bynameAt, bynameWith, byUndici, sourceAt, transports } from "../support/transports.ts";

beforeAll(trustCertificates);

describe.each(transports)("a call by $name over TLS", (transport) => {
  test("asks for the service's name and checks the certificate against it", async () => {
    await using server = await loopback((_, response) => response.end("safe"), { certificate: "orders" });
    await using byname = bynameAt(server);
    const reply = await (await transport.of(byname))("https://orders/path");
    expect(await reply.text()).toBe("safe");
    expect(server.serverNames).toEqual(["orders"]);
    expect(server.seen).toMatchObject([{ host: "orders", target: "/path" }]);
  });

  test("does not accept a certificate for another name", async () => {
    await using server = await loopback((_, response) => response.end(), { certificate: "localhost" });
    const source = sourceAt(server);
    await using byname = bynameWith(source);
    const call = await transport.of(byname);
    const error = await transport.failure(call("https://orders/"));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
    expect(server.seen).toEqual([]);
  });

  test("uses no connection that was made for another service at the same endpoint", async () => {
    await using server = await loopback((_, response) => response.end("safe"), { certificate: "orders" });
    await using byname = bynameAt(server);
    const call = await transport.of(byname);
    await (await call("https://orders/")).text();
    const error = await transport.failure(call("https://users/"));
    expect(error).toMatchObject({ cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
    expect(await (await call("https://orders/")).text()).toBe("safe");
    expect(server.seen.map(({ host }) => host)).toEqual(["orders", "orders"]);
  });

  test("keeps the logical port in the Host header and out of the server name", async () => {
    await using server = await loopback((_, response) => response.end(), { certificate: "orders" });
    await using byname = bynameAt(server);
    await (await (await transport.of(byname))("https://orders:8443/")).text();
    expect(server.serverNames).toEqual(["orders"]);
    expect(server.seen).toMatchObject([{ host: "orders:8443" }]);
  });

  test("checks a fixed host name against its own certificate, under the service's Host", async () => {
    await using server = await loopback((_, response) => response.end("fixed"), { certificate: "localhost" });
    await using byname = fixedAt(`https://localhost:${server.port}`);
    const reply = await (await transport.of(byname))("http://orders/");
    expect(await reply.text()).toBe("fixed");
    expect(server.serverNames).toEqual(["localhost"]);
    expect(server.seen).toMatchObject([{ host: "orders" }]);
    if (transport.name !== "request") expect(reply.url).toBe("http://orders/");
  });

  test("does not accept the service's certificate of a fixed host name", async () => {
    await using server = await loopback((_, response) => response.end(), { certificate: "orders" });
    await using byname = fixedAt(`https://localhost:${server.port}`);
    const call = await transport.of(byname);
    const error = await transport.failure(call("http://orders/"));
    expect(error).toMatchObject({ cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } });
  });
});

describe("HTTP/2", () => {
  test("is spoken by request where the endpoint offers it, with the logical authority", async () => {
    await using server = await loopback(async (request, response) => response.end(await bodyOf(request)), {
      certificate: "orders",
      http2: true,
    });
    await using byname = bynameAt(server);
    const ask = async (body: string) =>
      (await byname.request("https://orders/v1", { method: "POST", body })).body.text();
    expect(await ask("warm")).toBe("warm");
    expect(await Promise.all(["a", "b", "c"].map(ask))).toEqual(["a", "b", "c"]);
    expect(server.seen).toHaveLength(4);
    for (const one of server.seen)
      expect(one).toMatchObject({ host: "orders", version: "2.0", target: "/v1" });
    expect(server.serverNames).toEqual(["orders"]);
  });

  test("drains as HTTP/1.1 does when the instance is closed", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(
      async (_, response) => {
        response.write("first ");
        await go.promise;
        response.end("last");
      },
      { certificate: "orders", http2: true },
    );
    const byname = bynameAt(server);
    const { body } = await byname.request("https://orders/");
    const closed = byname.close();
    go.resolve();
    expect(await body.text()).toBe("first last");
    await closed;
    await server.deserted();
  });

  test("is spoken by a fetch that knows it, with the logical authority", async () => {
    await using server = await loopback((_, response) => response.end("two"), {
      certificate: "orders",
      http2: true,
    });
    const { Agent, setGlobalDispatcher } = await import("undici");
    const before = slots.map(dispatcherAt);
    onTestFinished(() => slots.forEach((slot, i) => void setDispatcherAt(slot, before[i]!)));
    setGlobalDispatcher(new Agent());
    await using byname = bynameAt(server);
    const reply = await (await byUndici.of(byname))("https://orders/path");
    expect(await reply.text()).toBe("two");
    expect(reply.url).toBe("https://orders/path");
    expect(server.seen).toMatchObject([{ version: "2.0", host: "orders" }]);
    expect(server.serverNames).toEqual(["orders"]);
  });

  test("is not offered by the fetch of Node 24, and not needed", async () => {
    await using server = await loopback((_, response) => response.end("one"), {
      certificate: "orders",
      http2: true,
    });
    await using byname = bynameAt(server);
    expect(await (await byname.fetch("https://orders/")).text()).toBe("one");
    expect(server.seen).toMatchObject([{ version: "1.1", host: "orders" }]);
  });
});

function fixedAt(url: string) {
  return createByname({ services: { orders: { fixed: url } }, sources: ["fixed"] }, { env: {} });
}
