/**
 * Draw: picks an index at random in proportion to its weight, in constant time (Walker's alias method, built as Vose
 * describes it). Each slot holds one index and, for the rest of its room, another one.
 */
export class Draw {
  readonly #keep: Float64Array;
  readonly #other: Int32Array;

  /** @param weights at least one; none negative, not all zero. */
  constructor(weights: readonly number[]) {
    const count = weights.length;
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / count;
    const room = weights.map((weight) => weight / mean);
    this.#keep = new Float64Array(count).fill(1);
    this.#other = Int32Array.from(room.keys());
    const small = indices(room, (part) => part < 1);
    const large = indices(room, (part) => part >= 1);
    while (small.length > 0 && large.length > 0) this.#fill(small, large, room);
  }

  at(random: () => number): number {
    const place = random() * this.#keep.length;
    const slot = Math.floor(place);
    return place - slot < this.#keep[slot]! ? slot : this.#other[slot]!;
  }

  #fill(small: number[], large: number[], room: number[]): void {
    const slot = small.pop()!;
    const giver = large.at(-1)!;
    this.#keep[slot] = room[slot]!;
    this.#other[slot] = giver;
    room[giver]! -= 1 - room[slot]!;
    if (room[giver]! < 1) small.push(large.pop()!);
  }
}

function indices(room: readonly number[], fits: (part: number) => boolean): number[] {
  return [...room.keys()].filter((index) => fits(room[index]!));
}
