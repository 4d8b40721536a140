import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { registerHooks } from "node:module";

/**
 * RapidClient: stands in for the one native file of Lambda's runtime interface client, which asks the Runtime API by
 * libcurl. With `--import` of this file, in the main thread as in workers, the client finds it in that file's place.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "./rapid-client.node"
      ? { url: import.meta.url, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});

/** What has been posted and not been received: the native calls block until it is, so that `next` comes after them. */
const posted = new Set<Promise<unknown>>();
const agent = new Agent({ keepAlive: true });

export async function next(): Promise<{ bodyJson: string; headers: object }> {
  await Promise.allSettled(posted);
  const { headers, text } = await ask("GET", "next");
  // As the native client tells them: a trace that is not there is an empty text.
  const trace = headers["lambda-runtime-trace-id"] ?? "";
  return { bodyJson: text, headers: { ...headers, "lambda-runtime-trace-id": trace } };
}

export function done(id: string, response: string): void {
  post(`${id}/response`, response);
}

export function error(id: string, report: string, cause: string): void {
  post(`${id}/error`, report, { "lambda-runtime-function-xray-error-cause": cause });
}

function post(path: string, body: string, headers = {}): void {
  const posting = ask("POST", path, body, { "content-type": "application/json", ...headers });
  posted.add(posting);
  // That the API refuses a late answer concerns nobody here.
  posting.catch(() => {}).finally(() => posted.delete(posting));
}

function ask(
  method: string,
  path: string,
  body?: string,
  headers = {},
): Promise<{ headers: IncomingHttpHeaders; text: string }> {
  const url = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/${path}`;
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers }, (response) =>
      response
        .toArray()
        .then((chunks) => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }))
        .catch(reject),
    );
    asked.once("error", reject).end(body);
  });
}
