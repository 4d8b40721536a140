import { isIP } from "../ground/ip.ts";

/**
 * HostsFile: the names and addresses of a hosts file, in the order in which they stand there.
 *
 * `text` is read as hosts(5) has it: an address, then its names, with blanks or tabs between; `#` starts a comment.
 * Names are lower-cased; lines that do not start with an address are left out, as the C library does.
 */
export function parseHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const [address = "", ...names] = line.replace(/#.*/s, "").trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) add(hosts, name.toLowerCase(), address);
  }
  return hosts;
}

function add(hosts: Map<string, string[]>, name: string, address: string): void {
  const known = hosts.get(name);
  if (!known) hosts.set(name, [address]);
  else if (!known.includes(address)) known.push(address);
}
