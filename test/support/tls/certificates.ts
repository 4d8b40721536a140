import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** The certificates that generate.sh made: each shows the one name it is called by. */
export type CertificateName = "orders" | "localhost";

export function certificate(name: CertificateName): { key: string; cert: string } {
  return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
}

/** Lets this process trust the tests' certificates besides those it trusts anyway. */
export function trustCertificates(): void {
  setDefaultCACertificates([...getCACertificates("default"), read("orders.pem"), read("localhost.pem")]);
}

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}
