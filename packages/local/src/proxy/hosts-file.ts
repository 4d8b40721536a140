/**
 * The hosts file as ECS writes it for a task: localhost, the task's own name, then one IPv4 and one IPv6 line per
 * alias. The IPv6 line stands there also where the task has no IPv6.
 */
export interface HostsEntry {
  readonly alias: string;
  readonly address: string;
  /** Which one it is in the deployment, from 1; the end of its IPv6 address. */
  readonly index: number;
}

export function hostsText(entries: readonly HostsEntry[], region: string): string {
  const lines = ["127.0.0.1 localhost", `127.0.0.1 ip-127-0-0-1.${region}.compute.internal`];
  for (const { alias, address, index } of entries) {
    lines.push(`${address} ${alias}`, `2600:f0f0:0:0:0:0:0:${index.toString(16)} ${alias}`);
  }
  return `${lines.join("\n")}\n`;
}
