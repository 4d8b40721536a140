import {
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type { Endpoint, Serve } from "./endpoints.ts";

/** Orders over gRPC: one unary method, whose messages are JSON, so that there are no proto files. */
const toBytes = (message: unknown) => Buffer.from(JSON.stringify(message));
const fromBytes = (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown;

const service: ServiceDefinition = {
  get: {
    path: "/bench.Orders/Get",
    requestStream: false,
    responseStream: false,
    requestSerialize: toBytes,
    requestDeserialize: fromBytes,
    responseSerialize: toBytes,
    responseDeserialize: fromBytes,
  },
};

export const OrdersClient = makeGenericClientConstructor(service, "Orders");

export async function grpcEndpoint(address: string, port: number, serve: Serve): Promise<Endpoint> {
  const order = { id: 42, state: "paid", items: ["a lamp", "a chair"] };
  const server = new Server();
  server.addService(service, {
    get: (_: unknown, done: sendUnaryData<unknown>) => serve(() => done(null, order)),
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${address}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port: bound, stop: () => server.tryShutdown(() => {}), kill: () => server.forceShutdown() };
}
