import { type IncomingHttpHeaders, request } from "node:http";
import { inWords } from "../errors.ts";
import { handler } from "./handler.ts";

/**
 * Bootstrap: the loop of a Lambda function's process, by the Runtime API
 * (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). The process is frozen while it waits for `next`.
 */
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

for (;;) {
  const { headers, text } = await ask("GET", "/invocation/next");
  const id = String(headers["lambda-runtime-aws-request-id"]);
  process.env._X_AMZN_TRACE_ID = String(headers["lambda-runtime-trace-id"]);
  try {
    const result = await handler(JSON.parse(text), contextOf(headers));
    await ask("POST", `/invocation/${id}/response`, result);
  } catch (error) {
    const { name, stack = "" } = error as Error;
    const told = { errorType: name, errorMessage: inWords(error), stackTrace: stack.split("\n").slice(1) };
    await ask("POST", `/invocation/${id}/error`, told);
  }
}

function contextOf(headers: IncomingHttpHeaders) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: String(headers["lambda-runtime-aws-request-id"]),
    invokedFunctionArn: String(headers["lambda-runtime-invoked-function-arn"]),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
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
