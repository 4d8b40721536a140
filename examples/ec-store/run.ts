import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Run: the whole store, as `npm start` runs it: real processes, real signals, in a process group of their own. */
export class Run {
  readonly process: ChildProcess;
  printed = "";

  constructor(...args: string[]) {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    this.process = spawn(process.execPath, [main, ...args], { detached: true, stdio: "pipe" });
    // Whoever waits for something to be printed is to see that nothing comes any more.
    this.process.once("exit", () => this.process.emit("printed"));
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.printed += text;
        this.process.emit("printed");
      });
    }
  }

  /** Done when it has printed this. Rejects when it ends before, or after 80 seconds. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(80_000);
    for (;;) {
      const found = pattern.exec(this.printed);
      if (found) return found;
      if (this.process.exitCode !== null) throw new Error(`it ended:\n${this.printed}`);
      await once(this.process, "printed", { signal });
    }
  }

  type(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  /** Whether any process of it is there. */
  get isThere(): boolean {
    try {
      process.kill(-this.process.pid!, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** As far as a process of it is left. */
  kill(): void {
    if (this.isThere) process.kill(-this.process.pid!, "SIGKILL");
  }
}
