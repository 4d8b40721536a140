import type { Socket } from "node:net";
import { TCPServer, UDPServer } from "dns2";
import { listening } from "../listener.ts";
import type { Message } from "./message.ts";

/** Sockets: the same port over UDP and TCP. */
export interface Asked {
  readonly request: Message;
  readonly transport: "udp" | "tcp";
  /** Sends a message; one that does not fit a datagram goes out empty with the truncated bit set (RFC 2181, 9). */
  send(message: Message): void;
  /** Sends the first half of a message's bytes, and breaks the connection where there is one. */
  sendHalf(message: Message): void;
}

export interface Sockets {
  readonly port: number;
  close(): Promise<void>;
}

type Udp = InstanceType<typeof UDPServer>;
type Tcp = InstanceType<typeof TCPServer>;

/** Ports tried until one is free for both. */
const mostTries = 20;

/** Opens both on `port`, or on a port that is free for both where it is 0. */
export async function openSockets(port: number, handle: (asked: Asked) => void): Promise<Sockets> {
  for (let tries = 1; ; tries += 1) {
    const tcp = newTcp(handle);
    await listening(tcp, "127.0.0.1", port);
    const taken = portOf(tcp);
    const udp = newUdp(handle);
    try {
      await bound(udp, taken);
      return { port: taken, close: () => closeBoth(udp, tcp) };
    } catch (error) {
      await Promise.all([closed(tcp), closed(udp)]);
      if (port !== 0 || tries >= mostTries) throw error;
    }
  }
}

function newUdp(handle: (asked: Asked) => void): Udp {
  const udp = new UDPServer();
  udp.on("request", (request, send) => {
    const reply = (message: Message | Buffer) => {
      // The one who asked may be gone, and the socket may be closed while an answer was held back.
      send(message).catch(() => {});
    };
    handle({
      request,
      transport: "udp",
      send: reply,
      sendHalf: (message) => reply(firstHalf(message.toBuffer())),
    });
  });
  return udp;
}

function newTcp(handle: (asked: Asked) => void): Tcp & { readonly open: Set<Socket> } {
  const open = new Set<Socket>();
  const tcp = new TCPServer((request, send, client) => {
    const socket = client as Socket;
    handle({
      request,
      transport: "tcp",
      send: (message) => void send(message),
      sendHalf: (message) => sendHalf(socket, message.toBuffer()),
    });
  });
  tcp.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return Object.assign(tcp, { open });
}

function sendHalf(socket: Socket, bytes: Buffer): void {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  socket.write(Buffer.concat([length, firstHalf(bytes)]), () => socket.destroy());
}

function firstHalf(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

function bound(udp: Udp, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    udp.once("error", reject);
    udp.bind(port, "127.0.0.1", () => {
      udp.off("error", reject);
      udp.on("error", () => {});
      resolve();
    });
  });
}

async function closeBoth(udp: Udp, tcp: Tcp & { readonly open: Set<Socket> }): Promise<void> {
  const both = Promise.all([closed(udp), closed(tcp)]);
  for (const socket of tcp.open) socket.destroy();
  await both;
}

function closed(server: Udp | Tcp): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

function portOf(tcp: Tcp): number {
  const address = tcp.address();
  if (address === null || typeof address === "string") throw new Error("the DNS socket has no port");
  return address.port;
}
