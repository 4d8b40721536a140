import { beforeAll, describe, expect, test } from "vitest";
import { FakeSource } from "../support/fake-source.ts";
import { bodyOf, deafPort, loopback } from "../support/loopback.ts";
import { trustCertificates } from "../support/tls/certificates.ts";
import { bynameAt, bynameWith, rejection } from "../support/transports.ts";
import { clients } from "./clients.ts";

beforeAll(trustCertificates);

const local = { address: "127.0.0.1" };

describe.each(clients)("$name by byname's agents", ({ call }) => {
  test("reaches a service's endpoint at the port that was found, and keeps the Host header logical", async () => {
    await using server = await loopback((_, response) => response.end("hello"));
    await using byname = bynameAt(server);
    expect(await call(byname, "http://orders/v1/orders/42")).toEqual({ status: 200, body: "hello" });
    expect(server.seen).toMatchObject([{ host: "orders", target: "/v1/orders/42" }]);
  });

  test("keeps a port of the URL in the Host header alone", async () => {
    await using server = await loopback((_, response) => response.end());
    await using byname = bynameAt(server);
    await call(byname, "http://orders:9090/");
    expect(server.seen).toMatchObject([{ host: "orders:9090" }]);
  });

  test("sends a body", async () => {
    await using server = await loopback(async (request, response) => response.end(await bodyOf(request)));
    await using byname = bynameAt(server);
    const reply = await call(byname, "http://orders/", { method: "POST", body: "forty-two" });
    expect(reply).toEqual({ status: 200, body: "forty-two" });
  });

  test("asks by TLS for the service's name and checks the certificate against it", async () => {
    await using server = await loopback((_, response) => response.end("safe"), { certificate: "orders" });
    await using byname = bynameAt(server);
    expect(await call(byname, "https://orders/")).toEqual({ status: 200, body: "safe" });
    expect(server.serverNames).toEqual(["orders"]);
    expect(server.seen).toMatchObject([{ host: "orders" }]);
  });

  test("does not accept a certificate for another name, and sends nothing", async () => {
    await using server = await loopback((_, response) => response.end(), { certificate: "localhost" });
    await using byname = bynameAt(server);
    const error = await rejection(call(byname, "https://orders/"));
    expect(String(error)).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
    expect(server.seen).toEqual([]);
  });

  test("goes past an endpoint that refuses, with any method", async () => {
    await using server = await loopback((_, response) => response.end("alive"));
    await using byname = bynameAt({ ...local, port: await deafPort() }, server);
    for (let i = 0; i < 4; i++) {
      const reply = await call(byname, "http://orders/", { method: "POST", body: "once" });
      expect(reply.body).toBe("alive");
    }
    expect(server.seen).toHaveLength(4);
  });

  test("fails with what became of each endpoint where none can be reached", async () => {
    await using byname = bynameAt({ ...local, port: await deafPort() });
    expect(String(await rejection(call(byname, "http://orders/")))).toContain("ECONNREFUSED");
  });

  test("lets other hosts pass", async () => {
    await using server = await loopback((_, response) => response.end("elsewhere"));
    const source = new FakeSource("fake");
    await using byname = bynameWith(source);
    const reply = await call(byname, `http://127.0.0.1:${server.port}/`);
    expect(reply.body).toBe("elsewhere");
    expect(source.asked).toBe(0);
  });

  test("ends soon when its signal aborts", async () => {
    await using server = await loopback(() => {});
    await using byname = bynameAt(server);
    const abort = new AbortController();
    const failed = rejection(call(byname, "http://orders/", { signal: abort.signal }));
    await server.asked(1);
    abort.abort();
    expect(await failed).toBeInstanceOf(Error);
    await server.deserted();
  });

  test("fails after close as a closed instance does", async () => {
    await using server = await loopback((_, response) => response.end());
    const byname = bynameAt(server);
    await call(byname, "http://orders/");
    await byname.close();
    await server.deserted();
    expect(String(await rejection(call(byname, "http://orders/")))).toContain(
      "this byname instance is closed",
    );
  });
});
