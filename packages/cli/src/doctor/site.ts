import type { Query, ServiceState } from "byname";
import { askEach, type SourceAnswer } from "../ask.ts";
import {
  type AwsApi,
  type HttpInstanceSummary,
  type NamespaceSummary,
  openAwsApi,
  type ServiceSummary,
  type Told,
} from "../aws.ts";
import { once, onceFor } from "../once.ts";
import { type Place, readPlace } from "../place.ts";
import { bynameWith, type Setting } from "../setting.ts";
import { type Knock, knock } from "./knock.ts";

/** Site: what the checks look at. Each thing is asked for once, however many checks want it. Nothing rejects. */
export interface Site {
  readonly setting: Setting;
  readonly queries: readonly Query[];
  readonly place: () => Promise<Place>;
  /** Undefined where none is written down anywhere. */
  readonly region: () => Promise<string | undefined>;
  /** Where DiscoverInstances goes. Undefined where no region is known. */
  readonly apiUrl: () => Promise<URL | undefined>;
  /** Whether somebody answers there, and what time it is there. */
  readonly knocked: () => Promise<Knock | undefined>;
  readonly instances: (query: Query) => Promise<Told<readonly HttpInstanceSummary[]>>;
  readonly revision: (query: Query) => Promise<Told<string>>;
  readonly namespaces: () => Promise<Told<readonly NamespaceSummary[]>>;
  readonly services: (namespaceId: string) => Promise<Told<readonly ServiceSummary[]>>;
  /** What each source alone says. */
  readonly answers: (query: Query) => Promise<readonly SourceAnswer[]>;
  readonly state: (query: Query) => Promise<ServiceState>;
  readonly close: () => Promise<void>;
}

export function openSite(setting: Setting, queries: readonly Query[]): Site {
  const place = once(() => readPlace(setting.env));
  const api = once(() => openAwsApi(setting, place));
  const asked = async <Value>(ask: (api: AwsApi) => Promise<Told<Value>>) => ask(await api());
  const region = async () => (await api()).region;
  const apiUrl = async () => urlOf(setting.endpoint, await region());
  const byname = bynameWith(setting);
  const answers = onceFor((query: Query) => askEach(setting, query.service.key));
  return {
    setting,
    queries,
    place,
    region,
    apiUrl,
    knocked: once(async () => {
      const url = await apiUrl();
      return url && knock(url);
    }),
    instances: onceFor((query: Query) => asked((api) => api.instances(query))),
    revision: onceFor((query: Query) => asked((api) => api.revision(query))),
    namespaces: once(() => asked((api) => api.namespaces())),
    services: onceFor((id: string) => asked((api) => api.services(id))),
    answers,
    state: onceFor(async (query: Query) => {
      // Each source has been used once then, so that none is left out only because it was still loading.
      await answers(query);
      const service = query.service.key;
      return byname.resolve(service).catch((error): ServiceState => ({ service, endpoints: [], error }));
    }),
    async close() {
      (await api()).close();
      await byname.destroy();
    },
  };
}

/** Both discovery calls have the host prefix `data-`, which the SDK's other calls have not. */
function urlOf(endpoint: string | undefined, region: string | undefined): URL | undefined {
  if (endpoint) return new URL(endpoint);
  const suffix = region?.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return region ? new URL(`https://data-servicediscovery.${region}.${suffix}/`) : undefined;
}
