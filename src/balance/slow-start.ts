import { defaults } from "../ground/defaults.ts";

/** SlowStart: the part of its share that an endpoint gets which has been there for `age` milliseconds. */
export function ramp(age: number): number {
  if (age >= defaults.slowStart) return 1;
  return Math.max(defaults.slowStartFloor, age / defaults.slowStart);
}
