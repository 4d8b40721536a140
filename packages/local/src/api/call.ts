import type { View } from "../registry/model.ts";
import type { Registry } from "../registry/registry.ts";
import type { Input } from "./input.ts";

/** A call: what an operation works on. */
export interface Call {
  readonly input: Input;
  readonly registry: Registry;
  /** What reading operations see; older than the registry while a `stale` fault is in force. */
  readonly view: View;
}

/** One operation of the API: what it answers with, or an AwsError. */
export type Operation = (call: Call) => object;
