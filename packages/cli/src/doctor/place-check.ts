import type { Place } from "../place.ts";
import type { Check, Told } from "./finding.ts";
import type { Site } from "./site.ts";

/** Where am I: runtime, region, zone, and where the settings come from. */
export const placeCheck: Check = {
  name: "place",
  about: "runtime, region and zone of this process",
  async look(site) {
    const place = await site.place();
    const region = await site.region();
    return [here(place, region, site), ...regionMissing(region, site), ...zoneUnknown(place)];
  },
};

function here(
  { kind, zone, zoneId, ecsService, silent }: Place,
  region: string | undefined,
  site: Site,
): Told {
  const { file, sources } = site.setting;
  const evidence = [
    `region ${region ?? "unknown"}, zone ${zone ?? zoneId ?? "unknown"}`,
    file
      ? `settings from ${file} and the environment`
      : "settings from the environment and flags; no config file",
    `sources: ${sources.map((source) => (typeof source === "string" ? source : source.name)).join(", ")}`,
  ];
  if (ecsService) evidence.push(`task of the ECS service ${ecsService}`);
  if (silent) evidence.push(`the metadata endpoint does not tell: ${silent}`);
  return { verdict: "good", title: titles[kind], evidence };
}

const titles = {
  ecs: "this is a task of ECS",
  lambda: "this is a Lambda function",
  host: "this is neither an ECS task nor a Lambda function",
} as const;

function regionMissing(region: string | undefined, { setting }: Site): Told[] {
  if (region !== undefined || !setting.sources.includes("cloudMap")) return [];
  return [
    {
      verdict: "wrong",
      title: "no AWS region is known",
      evidence: ["neither AWS_REGION, a profile, the config file nor the task's metadata tells one"],
      means: setting.endpoint
        ? "calls are signed for us-east-1, which only an emulator takes"
        : "the Cloud Map API has no address without it, so the source cloudMap is left out",
      changes: [
        {
          what: "Set AWS_REGION in the task definition; ECS agents before 1.104.0 on EC2 do not set it by themselves",
          cli: "export AWS_REGION=eu-west-1",
          terraform: 'environment = [{ name = "AWS_REGION", value = data.aws_region.current.region }]',
        },
      ],
    },
  ];
}

function zoneUnknown({ kind, zone, zoneId }: Place): Told[] {
  if (kind !== "lambda" || zone || !zoneId) return [];
  return [
    {
      verdict: "note",
      title: `a function knows its zone by id only (${zoneId})`,
      evidence: ["Cloud Map's instances have the zone's name, which differs from account to account"],
      means:
        "endpoints of the same zone cannot be preferred until the option `zoneNames` says which name that is",
      changes: [
        {
          what: "Put the account's names into `zoneNames`",
          cli: "aws ec2 describe-availability-zones --query 'AvailabilityZones[].[ZoneId,ZoneName]' --output text",
        },
      ],
    },
  ];
}
