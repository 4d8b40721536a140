import * as grpcJs from "@grpc/grpc-js";
import { type Byname, ConfigError } from "byname";
import { Resolver } from "./resolver.ts";
import { serviceConfigFor } from "./service-config.ts";
import { serviceOf } from "./target.ts";

/** For programs with more than one instance, or more than one copy of grpc-js. */
export interface RegisterOptions {
  /**
   * What targets of this instance begin with, for a program with several: `billing:///orders`.
   * @default "byname"
   */
  readonly scheme?: string;
  /**
   * The copy of `@grpc/grpc-js` that the channels are made with, for a program with several.
   * @default the one that this package finds
   */
  readonly grpc?: Pick<typeof grpcJs, "experimental">;
}

/**
 * Makes `byname:///orders` a target that grpc-js knows, for all channels made from now on. Its endpoints are what this
 * instance finds, and follow every change. Called again with another instance, channels made from then on have that one.
 * @throws ConfigError where the scheme cannot be one, or grpc-js is older than 1.14.
 */
export function registerByname(byname: Byname, options: RegisterOptions = {}): void {
  const { scheme = "byname", grpc = grpcJs } = options;
  if (!/^[a-z][a-z\d+.-]*$/i.test(scheme)) {
    throw new ConfigError("scheme", scheme, 'letters and digits, such as "byname"');
  }
  const { experimental } = grpc;
  if (!experimental.statusOrFromError) {
    throw new ConfigError("grpc", grpc, "a copy of @grpc/grpc-js 1.14 or later");
  }
  experimental.registerResolver(scheme, resolverOf(byname, experimental));
}

type ResolverConstructor = Parameters<typeof grpcJs.experimental.registerResolver>[1];

function resolverOf(byname: Byname, grpc: typeof grpcJs.experimental): ResolverConstructor {
  return class extends Resolver {
    constructor(...[target, listener, options]: ConstructorParameters<ResolverConstructor>) {
      const service = serviceOf(target, byname);
      super({ byname, service, listener, serviceConfig: serviceConfigFor(options, grpc), grpc });
    }

    static getDefaultAuthority(target: grpcJs.experimental.GrpcUri): string {
      return serviceOf(target, byname);
    }
  };
}
