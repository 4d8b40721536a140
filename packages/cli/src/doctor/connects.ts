import { connect } from "node:net";

/**
 * Whether somebody listens there. `refused`: the machine is there and nobody listens; `silent`: nothing comes back, as
 * from a vanished task or behind a security group; `unreachable`: there is no way, or no such name.
 */
export function connects(
  { address, port }: { readonly address: string; readonly port: number },
  limit: number,
): Promise<"connected" | "refused" | "silent" | "unreachable"> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (outcome: "connected" | "refused" | "silent" | "unreachable") => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end("silent"), limit);
    socket.once("connect", () => end("connected"));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(outcomes[code ?? ""] ?? "unreachable"));
  });
}

const outcomes: Readonly<Record<string, "refused" | "silent">> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "refused",
  ETIMEDOUT: "silent",
};
