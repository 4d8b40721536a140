/** Load: calls at a fixed rate, whatever becomes of those before. */
export interface Plan {
  /** Calls per second. */
  readonly rate: number;
  /** Seconds before the run proper, whose calls do not count. */
  readonly warmUp: number;
  readonly seconds: number;
}

/** What became of one call. Milliseconds. */
export interface Sample {
  /** When it was due, from the beginning of the run. */
  readonly at: number;
  /** Until its outcome, from when it was due: a call that started late because others took long has waited too. */
  readonly ms: number;
  readonly error?: string;
}

/** A caller gives a call up after this, in milliseconds. */
export const patience = 3_000;

/**
 * Runs the plan and waits for every outcome.
 * @param begun gets the wall time at which the run proper begins.
 */
export async function run(
  { rate, warmUp, seconds }: Plan,
  call: () => Promise<number>,
  begun: (at: number) => void,
): Promise<Sample[]> {
  const start = performance.now() + warmUp * 1_000;
  begun(Date.now() + warmUp * 1_000);
  const outcomes: Promise<Sample>[] = [];
  const calls = Math.round((warmUp + seconds) * rate);
  for (let made = 0; made < calls; ) {
    const due = (made / rate - warmUp) * 1_000;
    if (performance.now() - start < due) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    outcomes.push(outcome(call, start, due));
    made += 1;
  }
  return (await Promise.all(outcomes)).filter(({ at }) => at >= 0);
}

function outcome(call: () => Promise<number>, start: number, at: number): Promise<Sample> {
  return new Promise((resolve) => {
    const end = (error?: string) => {
      clearTimeout(limit);
      const ms = performance.now() - start - at;
      resolve(error === undefined ? { at, ms } : { at, ms, error });
    };
    const limit = setTimeout(end, patience, `no answer within ${patience} ms`);
    call().then(
      (status) => (status === 200 ? end() : end(`HTTP ${status}`)),
      (error) => end(inWords(error)),
    );
  });
}

/** The innermost cause is what tells errors apart; addresses and ports would make each one of its own. */
function inWords(error: unknown): string {
  const { cause, code, message } = error as { cause?: unknown; code?: unknown; message?: string };
  const own = `${code ?? String(message).slice(0, 60)}`;
  return cause ? `${own}: ${inWords(cause)}` : own;
}
