import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";

export interface Call {
  /** `https://data-servicediscovery.eu-west-1.amazonaws.com`. */
  readonly origin: string;
  /** `DiscoverInstances`. */
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** CloudMapApi: answers what the real SDK sends to any host, in the SDK's place in the process; nothing leaves it. */
export class CloudMapApi {
  readonly calls: Call[] = [];
  /** Gives the answer to one call; a rejection is a connection that broke. */
  reply: (call: Call) => Response | Promise<Response> = () => discovered([]);
  /** The region that EC2's instance metadata tells. */
  instanceRegion = "";
  readonly #server = setupServer(
    http.put("*/latest/api/token", () => HttpResponse.text("token")),
    http.get("*/latest/meta-data/placement/region", () => HttpResponse.text(this.instanceRegion)),
    http.post("*", async ({ request }) => {
      const call = {
        origin: new URL(request.url).origin,
        operation: request.headers.get("x-amz-target")!.replace(/^Route53AutoNaming_v20170314\./, ""),
        body: (await request.json()) as Call["body"],
        headers: request.headers,
      };
      this.calls.push(call);
      return this.reply(call);
    }),
  );

  open(): void {
    this.#server.listen({ onUnhandledFrame: "error" });
  }

  close(): void {
    this.#server.close();
  }

  /** The operations so far; forgets them. */
  operations(): string[] {
    return this.calls.splice(0).map(({ operation }) => operation);
  }
}

export function json(text: string, status = 200): Response {
  return new HttpResponse(text, { status, headers: { "content-type": "application/x-amz-json-1.1" } });
}

/** An answer of DiscoverInstances with these instances, by their attributes. */
export function discovered(instances: readonly Readonly<Record<string, string>>[], revision = 1): Response {
  const list = instances.map((Attributes, index) => ({ InstanceId: `i${index}`, Attributes }));
  return json(JSON.stringify({ Instances: list, InstancesRevision: revision }));
}

export function revised(revision: number | string): Response {
  return json(`{"InstancesRevision":${revision}}`);
}

export function awsError(type: string, { status = 400, message = "as scripted" } = {}): Response {
  return json(JSON.stringify({ __type: type, message, Message: message }), status);
}
