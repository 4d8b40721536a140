/** One contender: does one request, or one of whatever is measured. */
export interface Contender {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

export interface Figures {
  readonly name: string;
  /** Runs per second: the median over all slices. */
  readonly rate: number;
  /** The median of its rate over the first contender's, slice by slice, so that drift of the machine cancels out. */
  readonly ratio: number;
  /** The middle half of those ratios. */
  readonly spread: readonly [number, number];
  /** Microseconds that a run keeps this process's cores busy: the median over all slices. */
  readonly cpu: number;
}

/**
 * Runs the contenders in turns, many short slices of each, in an order that changes from round to round. The first one
 * is what the others are compared to; give it twice, and the second shows what the noise is.
 */
export async function compare(
  contenders: readonly Contender[],
  { inFlight, rounds = 24, sliceMs = 250 }: { inFlight: number; rounds?: number; sliceMs?: number },
): Promise<Figures[]> {
  const slices = contenders.map((): Slice[] => []);
  for (const { run } of contenders) await slice(run, inFlight, sliceMs * 2);
  for (let round = 0; round < rounds; round++) {
    const order = contenders.map((_, at) => (at + round) % contenders.length);
    // Forwards and backwards: each leaves garbage to whoever comes next, so nobody may always follow the same one.
    for (const at of round % 2 === 0 ? order : order.toReversed())
      slices[at]!.push(await slice(contenders[at]!.run, inFlight, sliceMs));
  }
  return contenders.map(({ name }, at) => {
    const own = slices[at]!;
    const ratios = own.map(({ rate }, round) => rate / slices[0]![round]!.rate);
    return {
      name,
      rate: median(own.map(({ rate }) => rate)),
      ratio: median(ratios),
      spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      cpu: median(own.map(({ cpu }) => cpu)),
    };
  });
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)]!;
  return low + (sorted[Math.ceil(place)]! - low) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @param withCpu only where it is this process that does the work */
export function table(title: string, figures: readonly Figures[], withCpu = false): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const lines = figures.map(({ name, rate, ratio, spread: [low, high], cpu }) =>
    [
      `  ${name.padEnd(width)}`,
      `${Math.round(rate).toLocaleString("en").padStart(9)}/s`,
      ratio.toFixed(3).padStart(7),
      ` (${low.toFixed(3)} to ${high.toFixed(3)})`,
      ...(withCpu ? [`${cpu.toFixed(1).padStart(7)} µs of CPU`] : []),
    ].join(" "),
  );
  return [title, ...lines, ""].join("\n");
}

type Slice = Pick<Figures, "rate" | "cpu">;

async function slice(run: () => Promise<unknown>, inFlight: number, ms: number): Promise<Slice> {
  let done = 0;
  const before = process.cpuUsage();
  const start = performance.now();
  const end = start + ms;
  const worker = async () => {
    while (performance.now() < end) {
      await run();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const rate = (done / (performance.now() - start)) * 1_000;
  const { user, system } = process.cpuUsage(before);
  return { rate, cpu: (user + system) / done };
}
