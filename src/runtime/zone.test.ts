import { expect, test, vi } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { type Handle, loopback } from "../../test/support/loopback.ts";
import type { Settings } from "../ground/settings.ts";
import { ownZone } from "./zone.ts";

const told: Handle = (_, response) => response.end(JSON.stringify({ AvailabilityZone: "eu-west-1a" }));
const refused: Handle = (_, response) => response.writeHead(500).end();

/** A task's process, whose metadata endpoint answers so, one time after the other. */
async function inTask(...answers: Handle[]) {
  const server = await loopback((request, response) => answers.shift()!(request, response));
  const clock = new FakeClock();
  const env = { ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${server.port}/v4` };
  const zone = ownZone({ zoneNames: {}, surroundings: { env, clock } } as unknown as Settings);
  return { server, clock, zone };
}

test("the zone is what metadata tells, a little later", async () => {
  const { server, clock, zone } = await inTask(told);
  expect(zone()).toBeUndefined();
  await expect.poll(zone).toBe("eu-west-1a");
  expect(clock.pending).toBe(0);
  await server.close();
});

test("metadata is asked for again where it fails, a few times, with longer pauses", async () => {
  const { server, clock, zone } = await inTask(refused, refused, refused, refused);
  const after = vi.spyOn(clock, "after");
  for (const wait of [2_000, 10_000, 60_000]) {
    await expect.poll(() => after.mock.lastCall?.[0]).toBe(wait);
    await clock.advance(wait);
  }
  await expect.poll(() => server.seen.length).toBe(4);
  await expect.poll(() => clock.pending).toBe(0);
  expect(zone()).toBeUndefined();
  await server.close();
});

test("an answer that comes the second time is taken", async () => {
  const { server, clock, zone } = await inTask(refused, told);
  const after = vi.spyOn(clock, "after");
  await expect.poll(() => after.mock.lastCall?.[0]).toBe(2_000);
  await clock.advance(2_000);
  await expect.poll(zone).toBe("eu-west-1a");
  expect(clock.pending).toBe(0);
  await server.close();
});

test("nobody is asked outside of AWS's runtimes, nor where the zone is set", () => {
  const clock = new FakeClock();
  const zoneOf = (settings: object) => ownZone({ zoneNames: {}, ...settings } as unknown as Settings);
  expect(zoneOf({ surroundings: { env: {}, clock } })()).toBeUndefined();
  const env = { ECS_CONTAINER_METADATA_URI_V4: "http://127.0.0.1:1" };
  expect(zoneOf({ zone: "eu-west-1b", surroundings: { env, clock } })()).toBe("eu-west-1b");
  expect(clock.pending).toBe(0);
});
