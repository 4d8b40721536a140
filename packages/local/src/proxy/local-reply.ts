import type { ServerResponse } from "node:http";

/** Local replies: the answers that the proxy gives itself, in Envoy's words. */
export type LocalReply = (typeof faultReplies)[number] | "http10";

/** Those that a fault may ask for. */
export const faultReplies = [
  "noHealthyUpstream",
  "connectFailure",
  "reset",
  "timeout",
  "overloaded",
] as const;

const reset = "upstream connect error or disconnect/reset before headers. ";

export function sendLocalReply(response: ServerResponse, reply: LocalReply, isRetried = false): void {
  const { status, body, headers } = described(reply, isRetried);
  // No x-envoy-upstream-service-time: its absence is how a client tells that no service has answered.
  response.writeHead(status, {
    "content-length": Buffer.byteLength(body),
    "content-type": "text/plain",
    server: "envoy",
    ...headers,
  });
  response.end(body);
}

interface Described {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function described(reply: LocalReply, isRetried: boolean): Described {
  const latest = isRetried ? "retried and the latest reset reason" : "reset reason";
  switch (reply) {
    case "noHealthyUpstream":
      return { status: 503, body: "no healthy upstream" };
    case "connectFailure":
      return { status: 503, body: `${reset}${latest}: connection failure` };
    case "reset":
      return { status: 503, body: `${reset}${latest}: connection termination` };
    case "overloaded":
      return { status: 503, body: `${reset}${latest}: overflow`, headers: { "x-envoy-overloaded": "true" } };
    case "timeout":
      return { status: 504, body: "upstream request timeout" };
    case "http10":
      // HTTP/1.0 is not supported ("Service Connect considerations" in the ECS developer guide).
      return { status: 426, body: "" };
    default:
      return reply satisfies never;
  }
}
