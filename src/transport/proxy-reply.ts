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
 * Whether its text says that no task got to see the request. After retries of its own the proxy tells only of the last
 * one, which says nothing of those before.
 */
export function isUnsent(text: string): boolean {
  return text.startsWith("no healthy upstream") || unsent.test(text);
}

const unsent =
  /^upstream connect error or disconnect\/reset before headers\. (retried and the latest )?reset reason: (remote )?connection (failure|timeout)/;
