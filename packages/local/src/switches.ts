import { rcodes } from "./dns/message.ts";
import type { Fault, FaultHandle } from "./fault.ts";
import type { Local } from "./local.ts";
import { faultReplies } from "./proxy/local-reply.ts";
import { wrong } from "./wrong.ts";

/** A switch: what one line on the command's stdin asks for while it runs. */
export type Switch = { readonly turn: "help" | "status" } | PartSwitch;

type PartSwitch =
  | { readonly turn: "on" | "off" | "mend"; readonly part: PartName }
  | { readonly turn: "fault"; readonly part: PartName; readonly fault: Fault };

const parts = ["api", "dns", "proxy", "metadata"] as const;
export type PartName = (typeof parts)[number];

/** The words for the faults of a part, besides `slow`. */
interface Words {
  readonly flags: readonly ("drop" | "throttle" | "empty" | "half" | "stale")[];
  /** What stands for an error. */
  readonly error: RegExp;
  /** The same for people. */
  readonly errors: string;
  readonly address?: string;
}

const flags = ["drop", "throttle", "empty", "half", "stale"] as const;
const names = Object.keys(rcodes);

const faultWords: Readonly<Record<PartName, Words>> = {
  // Any name is an error there. Two capitals keep a mistyped word from being one.
  api: {
    flags,
    error: /^[A-Z][a-z]+[A-Z]\w+$/,
    errors: "an AWS error such as AccessDeniedException",
    address: "192.0.2.1",
  },
  dns: { flags, error: new RegExp(`^(${names.join("|")})$`), errors: names.join(", "), address: "192.0.2.1" },
  proxy: {
    flags,
    error: new RegExp(`^(${faultReplies.join("|")}|[45]\\d\\d)$`),
    errors: `${faultReplies.join(", ")}, a status such as 503`,
    address: "127.0.0.1:9",
  },
  metadata: {
    flags: ["drop", "throttle", "empty", "half"],
    error: /^[45]\d\d$/,
    errors: "a status such as 500",
  },
};

const help = `Write one of these in a line:
${parts.map((part) => `  ${part.padEnd(8)}  ${wordsOf(part)}\n`).join("")}  status    what is off and what is broken
  help
`;

/** What a line asks for, undefined for an empty one. Throws, with what to write, where it cannot be understood. */
export function readSwitch(line: string): Switch | undefined {
  const [first, ...rest] = line.split(/\s+/).filter((word) => word !== "");
  if (first === undefined) return undefined;
  if ((first === "help" || first === "status") && rest.length === 0) return { turn: first };
  const part = parts.find((name) => name === first);
  if (part === undefined) {
    throw wrong("switch", line.trim(), `status, help, or one of ${parts.join(", ")} and what it is to do`);
  }
  const [word] = rest;
  if (rest.length === 1 && (word === "on" || word === "off" || word === "mend")) return { turn: word, part };
  const fault = readFault(faultWords[part], rest);
  if (!fault) throw wrong(part, rest.join(" "), `one of ${wordsOf(part)}`);
  return { turn: "fault", part, fault };
}

/** Bounds are the part's to check. */
function readFault(known: Words, [word = "", value, ...more]: readonly string[]): Fault | undefined {
  if (more.length > 0) return undefined;
  if (word === "slow" && value !== undefined && /^\d+$/.test(value)) return { delay: Number(value) };
  if (word === "address" && value !== undefined && known.address) return { address: value };
  if (value !== undefined) return undefined;
  const flag = known.flags.find((name) => name === word);
  if (flag) return { [flag]: true };
  if (!known.error.test(word)) return undefined;
  return { error: /^\d+$/.test(word) ? Number(word) : word };
}

function wordsOf(part: PartName): string {
  const { flags, errors, address } = faultWords[part];
  const values = ["slow 200", ...(address ? [`address ${address}`] : [])];
  return ["off", "on", "mend", ...flags, ...values, errors].join(", ");
}

interface State {
  isOn: boolean;
  /** The fault in force and the words that began it. */
  broken?: { readonly words: string; readonly handle: FaultHandle };
}

/**
 * Obeys lines, one after the other, and resolves with the answer. A part has one fault at a time: the next one takes
 * its place.
 */
export function switchesOf(local: Pick<Local, PartName>): (line: string) => Promise<string> {
  const states: Record<PartName, State> = {
    api: { isOn: true },
    dns: { isOn: true },
    proxy: { isOn: true },
    metadata: { isOn: true },
  };
  const told = (part: PartName) => {
    const { isOn, broken } = states[part];
    return `${part}: ${isOn ? "on" : "off"}${broken ? `, ${broken.words}` : ""}\n`;
  };
  return async (line) => {
    const asked = readSwitch(line);
    if (!asked) return "";
    if (!("part" in asked)) return asked.turn === "help" ? help : parts.map(told).join("");
    await apply(asked, local[asked.part], states[asked.part]);
    return told(asked.part);
  };
}

async function apply(asked: PartSwitch, part: Local[PartName], state: State): Promise<void> {
  switch (asked.turn) {
    case "on":
      await part.start();
      state.isOn = true;
      return;
    case "off":
      await part.stop();
      state.isOn = false;
      return;
    case "mend":
      part.mend();
      delete state.broken;
      return;
    case "fault": {
      const handle = part.fault(asked.fault);
      state.broken?.handle.mend();
      state.broken = { words: wordsFor(asked.fault), handle };
    }
  }
}

/** A fault as it is written. */
function wordsFor({ delay, address, error, ...flags }: Fault): string {
  if (delay !== undefined) return `slow ${delay}`;
  if (address !== undefined) return `address ${address}`;
  return String(error ?? Object.keys(flags)[0]);
}
