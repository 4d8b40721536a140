import { credentials, type ServiceError } from "@grpc/grpc-js";
import type { Open } from "../contenders.ts";
import { OrdersClient } from "../grpc-orders.ts";
import { patience } from "../load.ts";

/** grpc-js with round_robin, and with a retry policy as near to byname's as it has one. */
export const open: Open = ({ host, port, dns }) => {
  const client = new OrdersClient(`dns://${dns}/${host}:${port}`, credentials.createInsecure(), {
    "grpc.service_config": JSON.stringify(serviceConfig),
    "grpc.service_config_disable_resolution": 1,
    // As long as the records live, instead of half a minute.
    "grpc.dns_min_time_between_resolutions_ms": 1_000,
  });
  return {
    call: (path) =>
      new Promise((resolve, reject) => {
        const done = (error: ServiceError | null) => (error ? reject(error) : resolve(200));
        client.get!({ path }, { deadline: Date.now() + patience }, done);
      }),
    close: async () => client.close(),
  };
};

const serviceConfig = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 3,
        initialBackoff: "0.025s",
        maxBackoff: "1s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};
