/** The name that `word` is a slip of, if any: one slip for each three letters, two at most. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let found: string | undefined;
  let best = Math.min(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= best) continue;
    const distance = countSlips(word.toLowerCase(), name.toLowerCase());
    if (distance >= best) continue;
    best = distance;
    found = name;
  }
  return found;
}

/** Characters too many, missing, wrong or swapped with the next (optimal string alignment distance). */
function countSlips(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const wrong = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? at(before, j - 2) + 1 : Infinity;
      next.push(Math.min(wrong, swapped, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
