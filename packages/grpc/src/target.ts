import type { experimental } from "@grpc/grpc-js";
import { type Byname, ConfigError } from "byname";

/**
 * Target: the service that a channel is for: `orders` in `byname:///orders`, `orders:9090` where it has a port. In lower
 * case, as hosts are in URLs, since it is the channel's `:authority` and TLS name as well.
 * @throws ConfigError where it cannot be a service's name.
 */
export function serviceOf({ scheme, authority, path }: experimental.GrpcUri, byname: Byname): string {
  if (authority || path.startsWith("/")) {
    const given = `${scheme}:${authority === undefined ? "" : `//${authority}/`}${path}`;
    throw new ConfigError("gRPC target", given, `the service behind three slashes: "${scheme}:///orders"`);
  }
  const service = path.toLowerCase();
  // Throws where the name cannot be one; nothing is looked up until somebody iterates.
  byname.watch(service);
  return service;
}
