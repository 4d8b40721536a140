import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** BlackHole: a place where connecting is never answered, as with a task that vanished. */
export interface BlackHole extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
}

/**
 * Linux drops what knocks at a listener whose queue is full. So a thread listens with the shortest queue there is and
 * accepts nothing, and connections of ours fill it up.
 * @param at its port; 0 for a free one.
 */
export async function blackHole(at = 0): Promise<BlackHole> {
  const worker = new Worker(deaf, { eval: true, workerData: at });
  const [port] = (await once(worker, "message")) as [number];
  const fill: Socket[] = [];
  do fill.push(connect(port, "127.0.0.1").on("error", () => {}));
  while (fill.length < fillMost && (await isConnected(fill.at(-1)!)));
  if (!fill.at(-1)!.connecting) throw new Error("this machine accepts without end what nobody takes");
  return {
    address: "127.0.0.1",
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of fill) socket.destroy();
      await worker.terminate();
    },
  };
}

const deaf = `
  const { parentPort, workerData } = require("node:worker_threads");
  const server = require("node:net").createServer();
  server.listen({ host: "127.0.0.1", port: workerData, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** More than any queue of length 1 holds (a count). */
const fillMost = 10;

/** On loopback a connection is made within the call to connect; so long without one is none. */
async function isConnected(socket: Socket): Promise<boolean> {
  const connected = once(socket, "connect").then(() => true);
  return Promise.race([connected, pause(100, false)]);
}
