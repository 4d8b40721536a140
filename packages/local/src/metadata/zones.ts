/** Zones: names such as `eu-west-1a`, and ids such as `euw1-az1`, which mean the same zone in every account. */
export function firstZone(region: string): string {
  return `${region}a`;
}

/** The id that this zone might have; which one it has differs from account to account. */
export function zoneIdOf(zone: string, region: string): string {
  const parts = region.split("-");
  const short = parts.map((part, at) => (at === 0 ? part : shortened(part))).join("");
  const letter = zone.startsWith(region) ? zone.charCodeAt(region.length) - 96 : 1;
  return `${short}-az${letter >= 1 && letter <= 26 ? letter : 1}`;
}

/** `west` is w, `southeast` is se; numbers stay. */
function shortened(part: string): string {
  const both = /^(north|south)(east|west)$/.exec(part);
  return both ? `${both[1]![0]}${both[2]![0]}` : part[0]!;
}
