/** The name that `word` misspells, if any: with one slip per three letters, and two at most. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  const meant = word.toLowerCase();
  let found: string | undefined;
  let best = Math.min(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= best) continue;
    const distance = countSlips(meant, name.toLowerCase(), best);
    if (distance >= best) continue;
    best = distance;
    found = name;
  }
  return found;
}

/**
 * The number of characters to add, remove, replace or swap with the next (optimal string alignment distance), but at
 * most `limit`. Skips cells so far from the diagonal that they exceed the limit, and stops once all do: a client that
 * chooses one of the words must not cause much work.
 */
function countSlips(from: string, to: string, limit: number): number {
  const width = to.length + 1;
  // Small integers only: `Infinity` among them makes this ten times slower.
  let before = Array.from({ length: width }, () => limit);
  let row = Array.from({ length: width }, (_, index) => Math.min(index, limit));
  let next = Array.from({ length: width }, () => limit);
  let leastBefore = 0;
  for (let i = 1; i <= from.length; i++) {
    const start = Math.max(1, i - limit);
    const end = Math.min(to.length, i + limit);
    next.fill(limit);
    if (i < limit) next[0] = i;
    let least = next[0] ?? limit;
    for (let j = start; j <= end; j++) {
      const isSame = from.charCodeAt(i - 1) === to.charCodeAt(j - 1);
      let slips = Math.min((row[j - 1] ?? limit) + (isSame ? 0 : 1), (row[j] ?? limit) + 1, (next[j - 1] ?? limit) + 1);
      if (!isSame && isSwapped(from, i, to, j)) slips = Math.min(slips, (before[j - 2] ?? limit) + 1);
      next[j] = Math.min(slips, limit);
      least = Math.min(least, slips);
    }
    if (least >= limit && leastBefore >= limit) return limit;
    leastBefore = least;
    [before, row, next] = [row, next, before];
  }
  return row[to.length] ?? limit;
}

function isSwapped(from: string, i: number, to: string, j: number): boolean {
  return i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
}
