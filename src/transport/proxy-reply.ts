import { responseHeader } from "./headers.ts";

/**
 * ProxyReply: an answer that Service Connect's proxy in this very task gave by itself, because it had no task to ask.
 *
 * Envoy marks what a service answered by `x-envoy-upstream-service-time`, so a 503 without it is its own
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter). Since any application
 * can answer 503, the text has to be Envoy's as well.
 */
export function mayBeProxyReply(status: number, headers: unknown): boolean {
  return (
    status === 503 &&
    responseHeader(headers, "server") === "envoy" &&
    responseHeader(headers, "x-envoy-upstream-service-time") === undefined
  );
}

/**
 * What a text says of the request: that no task got to see it (`unsent`); that the last task it was tried at did not
 * (`retried`), which says nothing of those before; neither (`other`); or too little yet (`unclear`).
 */
export type ProxyReply = "unsent" | "retried" | "other" | "unclear";

/** @param isWhole whether that is all of the text */
export function readProxyReply(text: string, isWhole: boolean): ProxyReply {
  if (unsent.some((known) => text.startsWith(known))) return "unsent";
  if (retried.some((known) => text.startsWith(known))) return "retried";
  const mayBeOne = !isWhole && [...unsent, ...retried].some((known) => known.startsWith(text));
  return mayBeOne ? "unclear" : "other";
}

const failed = "upstream connect error or disconnect/reset before headers. ";
const reasons = [
  "connection failure",
  "connection timeout",
  "remote connection failure",
  "remote connection timeout",
];
const unsent = ["no healthy upstream", ...reasons.map((reason) => `${failed}reset reason: ${reason}`)];
const retried = reasons.map((reason) => `${failed}retried and the latest reset reason: ${reason}`);
