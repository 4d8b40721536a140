import { randomBytes } from "node:crypto";

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Ids in AWS's form: `ns-`, `srv-` with 16 letters and digits; operations 32, ending in a part of their own. */
export function newId(kind: "ns" | "srv" | "op" | "zone"): string {
  switch (kind) {
    case "ns":
      return `ns-${random(16)}`;
    case "srv":
      return `srv-${random(16)}`;
    case "op":
      return `${random(32)}-${random(8)}`;
    case "zone":
      return `Z${random(20).toUpperCase()}`;
    default:
      return kind satisfies never;
  }
}

/** The id of an ECS task, which is also the id of its instances: 32 hexadecimal digits. */
export function newTaskId(): string {
  return randomBytes(16).toString("hex");
}

export function random(length: number): string {
  return Array.from(randomBytes(length), (byte) => letters[byte % letters.length]).join("");
}
