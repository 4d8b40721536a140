import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "../registry/aws-error.ts";

/** The wire: AWS JSON 1.1, as the SDKs speak it. */
const target = /^Route53AutoNaming_v20170314\.(\w+)$/;
const mostBytes = 1_048_576;

/** The operation's name, or undefined where the target names another service or nothing. */
export function operationOf(request: IncomingMessage): string | undefined {
  return target.exec(String(request.headers["x-amz-target"] ?? ""))?.[1];
}

/** Signed is what carries a signature; whether it is right is not looked at. */
export function isSigned(request: IncomingMessage): boolean {
  return request.headers.authorization !== undefined || (request.url ?? "").includes("X-Amz-Signature=");
}

export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new AwsError("SerializationException", "The request is too large");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString() || "{}";
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body))
      return body as Record<string, unknown>;
  } catch {
    // Said below, together with JSON that is no object.
  }
  throw new AwsError("SerializationException", "The body is not a JSON object");
}

export function sendAnswer(response: ServerResponse, body: object): void {
  send(response, 200, JSON.stringify(body));
}

export function sendError(response: ServerResponse, error: AwsError): void {
  const body = { __type: error.type, message: error.message, Message: error.message, ...error.details };
  response.setHeader("x-amzn-errortype", error.type);
  send(response, error.status, JSON.stringify(body));
}

/** Promises the whole answer, sends half of it and cuts the connection. */
export function sendHalf(response: ServerResponse, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  writeHead(response, 200, bytes.length);
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

function send(response: ServerResponse, status: number, text: string): void {
  writeHead(response, status, Buffer.byteLength(text));
  response.end(text);
}

function writeHead(response: ServerResponse, status: number, length: number): void {
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "content-length": length,
    "x-amzn-requestid": randomUUID(),
  });
}
