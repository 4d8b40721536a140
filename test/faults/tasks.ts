import { bodyOf, deafPort, type Handle } from "../support/loopback.ts";

/** Tasks: how the endpoints of a service behave, well or not. */

/** Answers with what it got, so that a body that came incomplete shows. */
export const well: Handle = async (request, response) => {
  response.end(`${request.method} ${await bodyOf(request)}`);
};

export const resets: Handle = async (request) => {
  await bodyOf(request);
  request.socket.resetAndDestroy();
};

export const closes: Handle = async (request) => {
  await bodyOf(request);
  request.socket.end();
};

/** Never answers. */
export const hangs: Handle = (request) => void request.resume();

/** Promises ten bytes, sends so many of them and closes. */
export function endsAfter(bytes: number): Handle {
  return async (request, response) => {
    await bodyOf(request);
    response.writeHead(200, { "content-length": 10 }).flushHeaders();
    if (bytes > 0) response.write("x".repeat(bytes));
    request.socket.end();
  };
}

export function says(status: number, headers: Record<string, string> = {}, text = ""): Handle {
  return async (request, response) => {
    await bodyOf(request);
    response.writeHead(status, headers).end(text);
  };
}

/** Where nobody listens. */
export async function nobody(): Promise<{ address: string; port: number }> {
  return { address: "127.0.0.1", port: await deafPort() };
}
