import type { ChannelOptions, experimental, ServiceConfig } from "@grpc/grpc-js";

/**
 * ServiceConfig: how a channel balances. grpc-js' own default is pick_first, which sends everything to one endpoint, so
 * this is round_robin unless the user says otherwise. grpc-js would take a resolver's config for the whole of it, so what
 * else the user's has (retries, time limits) is handed on.
 * @returns null where the user's own is to be taken as it is.
 */
export function serviceConfigFor(
  options: ChannelOptions,
  grpc: typeof experimental,
): experimental.StatusOr<ServiceConfig> | null {
  if (options["grpc.service_config_disable_resolution"]) return null;
  // grpc-js has read and checked it before: a channel with a broken one is not made.
  const own: Partial<ServiceConfig> = JSON.parse(options["grpc.service_config"] || "{}");
  if (own.loadBalancingConfig?.length) return null;
  const methodConfig = (own.methodConfig ?? []).map((method) =>
    typeof method.timeout === "string" ? { ...method, timeout: grpc.parseDuration(method.timeout)! } : method,
  );
  return grpc.statusOrFromValue({ ...own, loadBalancingConfig: [{ round_robin: {} }], methodConfig });
}
