import type { RequestListener } from "node:http";
import { httpListener, type Listener } from "./listener.ts";
import type { NewInstance } from "./options.ts";
import { wrong } from "./wrong.ts";

/** Task: what is registered as an instance of a service, and, where nothing else plays it, a server that answers there. */
export interface LocalInstance {
  readonly id: string;
  /** Resolves once nobody sees it any more. */
  deregister(): Promise<void>;
  /** For a service with `healthCheck`. Resolves once it counts. */
  setHealth(health: "HEALTHY" | "UNHEALTHY"): Promise<void>;
}

/** An instance with a server of its own, which ends with Local. */
export interface LocalTask extends LocalInstance {
  readonly port: number;
  /** It dies: connections break and new ones are refused, while its registration stays. */
  stop(): Promise<void>;
  /** It is back at the same port. */
  start(): Promise<void>;
}

/** How a task answers: always with this text, or as `createServer` of node:http takes it. */
export type TaskAnswer = string | RequestListener;

/**
 * Where the task of a settled instance is to listen: at a free port of 127.0.0.1, unless the instance says otherwise.
 * Nothing of Local's can be reached from another machine.
 */
export function taskListener(
  where: string,
  answer: TaskAnswer,
  { address = "127.0.0.1", port = 0 }: NewInstance,
): Listener {
  if (!address.startsWith("127.") && address !== "::1") {
    throw wrong(`${where}.address`, address, 'a loopback address such as "127.0.0.1"');
  }
  return httpListener(address, port, handlerOf(answer));
}

function handlerOf(answer: TaskAnswer): RequestListener {
  if (typeof answer === "string") return (_request, response) => response.end(answer);
  if (typeof answer === "function") return answer;
  throw wrong("serve", answer, 'a text such as "hello", or a listener (request, response) => …');
}
