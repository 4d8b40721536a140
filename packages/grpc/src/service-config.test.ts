import { experimental } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { serviceConfigFor } from "./service-config.ts";

const balanced = { loadBalancingConfig: [{ round_robin: {} }] };

function configFor(own: object | undefined, more = {}) {
  const options = own ? { "grpc.service_config": JSON.stringify(own), ...more } : more;
  const config = serviceConfigFor(options, experimental);
  return config?.ok ? config.value : config;
}

test("is round_robin where the user has none", () => {
  expect(configFor(undefined)).toEqual({ ...balanced, methodConfig: [] });
  expect(configFor({ loadBalancingConfig: [] })).toEqual({ ...balanced, methodConfig: [] });
});

test("is the user's where that names a policy, or where resolvers have no say", () => {
  expect(configFor({ loadBalancingConfig: [{ pick_first: {} }] })).toBeNull();
  expect(configFor(undefined, { "grpc.service_config_disable_resolution": 1 })).toBeNull();
});

test("keeps what else the user's says", () => {
  const own = {
    retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
    methodConfig: [{ name: [{ service: "shop.Orders" }], waitForReady: true }],
  };
  expect(configFor(own)).toEqual({ ...balanced, ...own });
});

test.each([
  ["1.5s", { seconds: 1, nanos: 500_000_000 }],
  [
    { seconds: 2, nanos: 0 },
    { seconds: 2, nanos: 0 },
  ],
])("reads the time limit %j as grpc-js wants it", (timeout, read) => {
  const methodConfig = [{ name: [{}], timeout }];
  expect(configFor({ methodConfig })).toMatchObject({ methodConfig: [{ timeout: read }] });
});
