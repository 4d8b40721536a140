/** As `engines` in package.json has it, which npm only warns about. */
const least = [22, 19] as const;

/**
 * NodeVersion: whether this Node.js has what the package is made of.
 * @param version as in `process.versions.node`; undefined where that is none
 * @throws Error where it is too old, rather than whatever it would lack first
 */
export function checkNodeVersion(version: string | undefined): void {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  if (version === undefined || major > least[0] || (major === least[0] && minor >= least[1])) return;
  throw new Error(`byname needs Node.js ${least.join(".")} or later, and this is ${version}`);
}
