import { EventEmitter, on } from "node:events";
import {
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceClientConstructor,
  type ServiceError,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export interface Order {
  readonly id: string;
  readonly state: string;
  readonly task: string;
}

type OrderId = Pick<Order, "id">;

const proto = loadPackageDefinition(loadSync(new URL("orders.proto", import.meta.url).pathname));
const { Orders } = (proto as unknown as { shop: { Orders: ServiceClientConstructor } }).shop;

/** A task of the service `orders`, on a free port of this machine. */
export async function startTask(task: string) {
  const server = new Server();
  const changes = new EventEmitter();
  server.addService(Orders.service, {
    get({ request: { id } }: ServerUnaryCall<OrderId, Order>, answer: sendUnaryData<Order>) {
      answer(null, { id, state: "ordered", task });
    },
    async follow(call: ServerWritableStream<OrderId, Order>) {
      const { id } = call.request;
      call.write({ id, state: "ordered", task });
      for await (const [state] of on(changes, "change")) {
        call.write({ id, state, task });
        if (state === "delivered") break;
      }
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    change: (state: string) => changes.emit("change", state),
    stop: () => server.forceShutdown(),
  };
}

/** A client of it. All that is new is its target. */
export function ordersAt(target: string) {
  const client = new Orders(target, credentials.createInsecure());
  return {
    get: (id: string) =>
      new Promise<Order>((resolve, reject) => {
        const deadline = Date.now() + 5_000;
        client.get!({ id }, { deadline }, (error: ServiceError | null, order: Order) =>
          error ? reject(error) : resolve(order),
        );
      }),
    follow: (id: string): ClientReadableStream<Order> => client.follow!({ id }),
    close: () => client.close(),
  };
}
