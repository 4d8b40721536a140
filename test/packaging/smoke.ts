import { withByname } from "@byname/lambda";
import { startLocal } from "@byname/local";
import { type Byname, BynameError, createByname, ServiceNotFoundError, type Source } from "byname";

/** Smoke: a program that uses the packages, however they get into it. It prints what it saw as JSON. */
async function main(): Promise<void> {
  const local = await startLocal({ services: { orders: {} } });
  await local.serve("orders", ({ method, url, headers }, response) =>
    response.end(`${method} ${headers.host}${url}`),
  );
  Object.assign(process.env, local.env("lambda"));

  const own: Source = { name: "own", lookup: () => ({ kind: "notFound", detail: "none" }) };
  const byname = createByname({ services: { orders: {}, users: {} }, sources: ["dns", "cloudMap", own] });
  const seen = { ...(await answers(byname)), ...(await installed(byname)), ...(await errors(byname)) };
  console.log(JSON.stringify({ ...seen, lambda: await inLambda() }));

  await byname.close();
  await local.close();
}

async function answers({ fetch: plain, request, resolve, watch }: Byname): Promise<object> {
  const likeThePlatforms: typeof fetch = plain;
  const fetched: Response = await likeThePlatforms(new Request("http://orders/fetch"));
  const impatient = await plain("http://orders/patience", { byname: { timeout: 10_000 } });
  const requested = await request("http://orders/request", { method: "POST", body: "text" });
  const { source, endpoints } = await resolve("orders");
  let watched: string | undefined;
  for await (const state of watch("orders")) {
    watched = state.error ? state.error.code : state.source;
    break;
  }
  return {
    fetch: await fetched.text(),
    patience: await impatient.text(),
    request: await requested.body.text(),
    resolve: [source, endpoints.length],
    watch: watched,
  };
}

async function installed(byname: Byname): Promise<object> {
  const uninstall = await byname.install();
  const response = await fetch("http://orders/install");
  uninstall();
  return { install: await response.text() };
}

async function errors(byname: Byname): Promise<object> {
  const ofResolve: unknown = await byname.resolve("nobody").catch((error) => error);
  const ofFetch: unknown = await byname.fetch("http://users/").catch((error) => error);
  return {
    notFound: ofResolve instanceof ServiceNotFoundError && ofResolve.code,
    notFetched: ofFetch instanceof TypeError && ofFetch.cause instanceof BynameError,
  };
}

async function inLambda(): Promise<string> {
  const handler = withByname({ services: { orders: {} } }, async (path: string, _context, byname) =>
    (await byname.fetch(`http://orders${path}`)).text(),
  );
  return handler("/lambda", { getRemainingTimeInMillis: () => 10_000 });
}

void main();
