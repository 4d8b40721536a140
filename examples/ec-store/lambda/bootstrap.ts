import { existsSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { isMainThread, Worker } from "node:worker_threads";

/**
 * Bootstrap: the loop of a Lambda function's process, by the Runtime API
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), as Lambda's own for Node.js has it. The process is
 * frozen while it waits for `next`. On managed instances there is a loop in each of several threads, and none waits
 * for one invocation to end before it takes the next.
 */
const { env } = process;
const api = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const isManaged = env.AWS_LAMBDA_MAX_CONCURRENCY !== undefined;
const streaming = Symbol.for("aws.lambda.runtime.handler.streaming");

type Handler = ((...args: unknown[]) => unknown) & { [streaming]?: "response" };

if (isManaged && isMainThread) {
  for (let workers = Number(env.AWS_LAMBDA_NODEJS_WORKER_COUNT); workers > 0; workers--)
    new Worker(new URL(import.meta.url));
} else await loop(await load());

async function loop(handler: Handler): Promise<never> {
  for (;;) {
    const { headers, text } = await ask("GET", "/invocation/next");
    if (!isManaged) env._X_AMZN_TRACE_ID = String(headers["lambda-runtime-trace-id"]);
    const invocation = invoke(handler, JSON.parse(text), contextOf(headers));
    if (!isManaged) await invocation;
  }
}

async function load(): Promise<Handler> {
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: Handler) => Object.assign(handler, { [streaming]: "response" }),
    },
  });
  const [file = "", name = ""] = env._HANDLER!.split(".");
  const path = join(env.LAMBDA_TASK_ROOT!, file);
  const found = [".js", ".mjs", ".cjs", ".ts"].map((end) => path + end).find(existsSync);
  const handler: Handler = (await import(found ?? path))[name];
  if (handler.length > 2 && !handler[streaming]) throw new Error("handlers with callbacks are not supported");
  return handler;
}

async function invoke(handler: Handler, event: unknown, context: Context): Promise<void> {
  const id = context.awsRequestId;
  try {
    if (handler[streaming]) return await stream(handler, event, context);
    const result = await handler(event, context);
    await ask("POST", `/invocation/${id}/response`, result ?? null);
  } catch (error) {
    await ask("POST", `/invocation/${id}/error`, inReport(error));
  }
}

async function stream(handler: Handler, event: unknown, context: Context): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = {
    "lambda-runtime-function-response-mode": "streaming",
    "transfer-encoding": "chunked",
    trailer: "lambda-runtime-function-error-type, lambda-runtime-function-error-body",
  };
  const path = `${api}/invocation/${context.awsRequestId}/response`;
  const response = request(path, { method: "POST", headers }, (answer) =>
    answer.resume().once("end", resolve),
  );
  response.once("error", reject);
  try {
    await handler(event, response, context);
  } catch (error) {
    const body = Buffer.from(JSON.stringify(inReport(error))).toString("base64");
    response.addTrailers({
      "lambda-runtime-function-error-type": (error as Error).name,
      "lambda-runtime-function-error-body": body,
    });
    response.end();
  }
  return promise;
}

type Context = ReturnType<typeof contextOf>;

function contextOf(headers: IncomingHttpHeaders) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: String(headers["lambda-runtime-aws-request-id"]),
    invokedFunctionArn: String(headers["lambda-runtime-invoked-function-arn"]),
    xRayTraceId: String(headers["lambda-runtime-trace-id"]),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function inReport(error: unknown) {
  const { name, message, stack = "" } = error as Error;
  return { errorType: name, errorMessage: message, stackTrace: stack.split("\n").slice(1) };
}

/** Not with fetch, which gives up after five minutes without an answer: `next` may take days. */
function ask(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${api}${path}`, { method }, async (response) => {
      try {
        const chunks = await response.toArray();
        resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() });
      } catch (error) {
        reject(error);
      }
    });
    asked.once("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
