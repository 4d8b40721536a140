/** HeldAnswer: an answer that is kept back until it is known whether another source has a better one. */
export class HeldAnswer {
  readonly #parts: (() => void)[] = [];
  #text = "";

  /** @returns the text so far */
  add(part: () => void, text: string): string {
    this.#parts.push(part);
    this.#text += text;
    return this.#text;
  }

  /** Lets the caller have what was kept back. */
  release(): void {
    // The caller may end it at any of them.
    for (let part = this.#parts.shift(); part; part = this.#parts.shift()) part();
  }

  /** Nobody is to have the rest. */
  clear(): void {
    this.#parts.length = 0;
  }
}
