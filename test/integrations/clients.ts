import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import axios from "axios";
import got from "got";
import nodeFetch from "node-fetch";
import type { Byname } from "../../src/byname.ts";

/** Clients: what takes an agent of node:http, made to look the same. */
export interface Client {
  readonly name: string;
  readonly call: (byname: Byname, url: string, init?: Init) => Promise<Reply>;
}

export interface Init {
  readonly method?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export const byNode: Client = {
  name: "node:http",
  call: (byname, url, { body, ...init } = {}) =>
    new Promise((resolve, reject) => {
      const secure = url.startsWith("https:");
      const request = secure
        ? httpsRequest(url, { ...init, agent: byname.httpsAgent })
        : httpRequest(url, { ...init, agent: byname.agent });
      request.once("error", reject).once("response", (response) => replyOf(response).then(resolve, reject));
      request.end(body);
    }),
};

const byAxios: Client = {
  name: "axios",
  async call({ agent, httpsAgent }, url, { body, signal, method = "GET" } = {}) {
    const { status, data } = await axios.request({
      url,
      method,
      ...(body === undefined ? {} : { data: body }),
      ...(signal ? { signal } : {}),
      httpAgent: agent,
      httpsAgent,
      responseType: "text",
      validateStatus: null,
    });
    return { status, body: data };
  },
};

const byGot: Client = {
  name: "got",
  async call({ agent, httpsAgent }, url, { body, signal, method = "GET" } = {}) {
    const { statusCode, body: text } = await got(url, {
      method: method as "GET",
      ...(body === undefined ? {} : { body }),
      ...(signal ? { signal } : {}),
      agent: { http: agent, https: httpsAgent },
      retry: { limit: 0 },
      throwHttpErrors: false,
    });
    return { status: statusCode, body: text };
  },
};

const byNodeFetch: Client = {
  name: "node-fetch",
  async call({ agent, httpsAgent }, url, init = {}) {
    const pick = ({ protocol }: URL) => (protocol === "https:" ? httpsAgent : agent);
    const response = await nodeFetch(url, { ...init, agent: pick } as Parameters<typeof nodeFetch>[1]);
    return { status: response.status, body: await response.text() };
  },
};

const byAws: Client = {
  name: "AWS SDK",
  async call({ agent: httpAgent, httpsAgent }, url, { body, signal, method = "GET" } = {}) {
    const { protocol, hostname, port, pathname } = new URL(url);
    const handler = new NodeHttpHandler({ httpAgent, httpsAgent });
    const request = {
      ...{ protocol, hostname, method, body, path: pathname, query: {}, headers: {} },
      ...(port === "" ? {} : { port: Number(port) }),
    };
    const { response } = await handler.handle(request as never, signal ? { abortSignal: signal } : {});
    return replyOf(response.body, response.statusCode);
  },
};

export const clients: readonly Client[] = [byNode, byAxios, byGot, byNodeFetch, byAws];

async function replyOf(message: IncomingMessage, status = message.statusCode!): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return { status, body: Buffer.concat(chunks).toString() };
}
