import * as grpcJs from "@grpc/grpc-js";
import { certificate } from "./tls/certificates.ts";

/** What calls say: who answered, and by which name it was asked for. */
export interface Said {
  readonly task: string;
  readonly authority: string;
}

const json = {
  requestSerialize: encode,
  requestDeserialize: decode,
  responseSerialize: encode,
  responseDeserialize: decode,
};

/** A service with one method of each kind that matters: an answer, and answers until the caller has enough. */
const definition: grpcJs.ServiceDefinition = {
  ask: { path: "/shop.Orders/Ask", requestStream: false, responseStream: false, ...json },
  follow: { path: "/shop.Orders/Follow", requestStream: true, responseStream: true, ...json },
};

export interface GrpcTask extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** How many calls came, streams included. */
  readonly calls: number;
  /** Calls fail with this status from now on; with none they are answered. */
  fail(status?: grpcJs.status): void;
  /** Ends at once, and cuts what is under way. */
  stop(): Promise<void>;
}

interface TaskOptions {
  readonly address?: string;
  readonly port?: number;
  readonly tls?: boolean;
}

/** GrpcTask: a task of a gRPC service on loopback, which says its name. */
export async function grpcTask(name: string, options: TaskOptions = {}): Promise<GrpcTask> {
  const { address = "127.0.0.1", port: wanted = 0, tls = false } = options;
  let calls = 0;
  let failing: grpcJs.status | undefined;
  const server = new grpcJs.Server();
  server.addService(definition, {
    ask(call: grpcJs.ServerUnaryCall<unknown, Said>, answer: grpcJs.sendUnaryData<Said>) {
      calls += 1;
      if (failing) return answer({ code: failing, details: `${name} says no` });
      answer(null, { task: name, authority: call.getHost() });
    },
    follow(call: grpcJs.ServerDuplexStream<unknown, Said>) {
      calls += 1;
      call.on("data", () => call.write({ task: name, authority: call.getHost() }));
      call.on("end", () => call.end());
    },
  });
  const port = await bind(server, `${address}:${wanted}`, tls);
  const stop = async () => server.forceShutdown();
  return {
    address,
    port,
    get calls() {
      return calls;
    },
    fail: (status) => {
      failing = status;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

export interface GrpcClient extends Disposable {
  /** Rejects with a ServiceError. */
  ask(options?: grpcJs.MetadataOptions): Promise<Said>;
  follow(): grpcJs.ClientDuplexStream<unknown, Said>;
  readonly channel: ReturnType<grpcJs.Client["getChannel"]>;
}

/** @param grpc the copy of grpc-js to make the channel with. */
export function grpcClient(
  target: string,
  options: grpcJs.ChannelOptions = {},
  { tls = false, grpc = grpcJs }: { tls?: boolean; grpc?: typeof grpcJs } = {},
): GrpcClient {
  const Orders = grpc.makeGenericClientConstructor(definition, "Orders");
  const { createInsecure, createSsl } = grpc.credentials;
  const credentials = tls ? createSsl(Buffer.from(certificate("orders").cert)) : createInsecure();
  const client = new Orders(target, credentials, { "grpc.use_local_subchannel_pool": 1, ...options });
  return {
    ask: (options) =>
      new Promise((resolve, reject) => {
        const metadata = new grpc.Metadata(options);
        const deadline = Date.now() + 10_000;
        client.ask!({}, metadata, { deadline }, (error: unknown, said: Said) =>
          error ? reject(error) : resolve(said),
        );
      }),
    follow: () => client.follow!() as grpcJs.ClientDuplexStream<unknown, Said>,
    channel: client.getChannel(),
    [Symbol.dispose]: () => client.close(),
  };
}

function bind(server: grpcJs.Server, address: string, tls: boolean): Promise<number> {
  const shown = certificate("orders");
  const pair = { private_key: Buffer.from(shown.key), cert_chain: Buffer.from(shown.cert) };
  const credentials = tls
    ? grpcJs.ServerCredentials.createSsl(null, [pair])
    : grpcJs.ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function decode(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}
