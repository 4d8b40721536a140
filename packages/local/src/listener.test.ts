import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort, startBackend } from "../../../test/support/backend.ts";
import { httpListener, type Listener } from "./listener.ts";

let port: number;
let listener: Listener;

beforeEach(async () => {
  port = await freePort();
  listener = httpListener("127.0.0.1", port, (_request, response) => response.end("here"));
});

afterEach(() => listener.close());

const text = async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
const refused = { cause: { code: "ECONNREFUSED" } };

describe("a listener", () => {
  it("opens once for two who open it at the same time", async () => {
    await Promise.all([listener.open(), listener.open()]);
    expect(await text()).toBe("here");
  });

  it("is closed where the last word was close, also while it was opening", async () => {
    const opening = listener.open();
    await listener.close();
    await opening;
    expect(listener.isOpen).toBe(false);
    await expect(text()).rejects.toMatchObject(refused);
  });

  it("is open where the last word was open, also while it was closing", async () => {
    await listener.open();
    await Promise.all([listener.close(), listener.open()]);
    expect(listener.isOpen).toBe(true);
    expect(await text()).toBe("here");
  });

  it("is closed for whoever closes it while another one does", async () => {
    await listener.open();
    void listener.close();
    await listener.close();
    await expect(text()).rejects.toMatchObject(refused);
  });

  it("can be opened after an opening that failed", async () => {
    {
      await using other = await startBackend();
      const taken = httpListener("127.0.0.1", other.port, () => {});
      port = other.port;
      await expect(taken.open()).rejects.toMatchObject({ code: "EADDRINUSE" });
      expect(taken.isOpen).toBe(false);
      listener = taken;
    }
    await listener.open();
    expect(listener.isOpen).toBe(true);
  });
});
