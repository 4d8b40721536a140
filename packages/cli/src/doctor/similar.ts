/**
 * Similar: the names that were likely meant, most likely first: another case, one inside the other (a short name for a
 * long one), or a slip or two of the fingers, also in a part of it.
 */
export function similar(wanted: string, names: readonly string[]): string[] {
  const near = names
    .map((name) => ({ name, far: distance(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(2, Math.floor(wanted.length / 4)) || holds(wanted, name));
  return near.sort((a, b) => a.far - b.far).map(({ name }) => name);
}

/** Whether each part of the shorter one has one like it in the longer one. */
function holds(wanted: string, name: string): boolean {
  const parts = (text: string) => text.toLowerCase().split(/[.\-_]/);
  const [a, b] = [parts(wanted), parts(name)];
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short.every((part) => long.some((other) => distance(part, other) <= part.length / 4));
}

/** How many letters have to be changed, added or left out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
    }
    row = next;
  }
  return row[b.length]!;
}
