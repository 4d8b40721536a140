import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/**
 * A black hole: an address where a connection attempt gets no answer, as that of a task whose network interface is
 * gone. Linux drops what knocks at a listener whose queue is full; so a thread listens with the shortest queue there
 * is and accepts nothing, and connections of ours fill it.
 * @throws Error where connections are answered nevertheless.
 */
export async function digBlackHole(address: string, port: number): Promise<AsyncDisposable> {
  const worker = new Worker(deaf, { eval: true, workerData: { host: address, port } });
  const fillers: Socket[] = [];
  const hole = {
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
  try {
    await once(worker, "message", { signal: AbortSignal.timeout(5_000) });
    do fillers.push(connect(port, address).on("error", () => {}));
    while (fillers.length < fillersMost && (await isConnected(fillers.at(-1)!)));
    if (fillers.at(-1)!.connecting) return hole;
    throw new Error(`${address}:${port} still answers: this system makes no black hole on loopback`);
  } catch (error) {
    await hole[Symbol.asyncDispose]();
    throw error;
  }
}

const deaf = `
  const { parentPort, workerData } = require("node:worker_threads");
  require("node:net").createServer().listen({ ...workerData, backlog: 1 }, () => {
    parentPort.postMessage("listening");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** More than any queue of length 1 holds. */
const fillersMost = 10;

/** On loopback a connection is made at once or, in so many milliseconds, not at all. */
async function isConnected(socket: Socket): Promise<boolean> {
  return Promise.race([once(socket, "connect").then(() => true), pause(100, false)]);
}
