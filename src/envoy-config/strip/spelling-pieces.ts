/** A part of an expression that matches header names. */
export interface Piece {
  readonly text: string;
  /** At most so many instructions of RE2. */
  readonly cost: number;
}

/**
 * Services may read every character but letters and digits as a hyphen. Written as ranges of ASCII, since Envoy lets no other
 * character into a name, and `[^a-z0-9]` costs three times as much up to Envoy 1.36, which compiles it for UTF-8.
 */
const ANY: Piece = { text: String.raw`[!-/:-\x60{-~]`, cost: 3 };
const OTHER: Piece = { text: String.raw`[!-,./:-\x60{-~]`, cost: 4 };
const HYPHEN: Piece = { text: '-', cost: 1 };
const REST: Piece = { text: '[!-~]*', cost: 2 };

/** The most that one name may cost; a longer one is cut. */
const MOST = 90;
/** How many pieces of a name that is cut stay. Even with all of its hyphens they cost less than {@link MOST}. */
const KEPT = 60;

/** Matches a name and every other spelling of it. @param name lower-case letters, digits and at most five hyphens. */
export function everySpelling(name: string): readonly Piece[] {
  const words = name.split('-');
  return cut(words, () => ANY, 0);
}

/** Matches the other spellings of a name: one list for each hyphen, which is the first that is another character. */
export function otherSpellingsOnly(name: string): readonly (readonly Piece[])[] {
  const words = name.split('-');
  return words.slice(1).map((_, first) => {
    const at = words.slice(0, first + 1).join('-').length;
    return cut(words, (index) => (index < first ? HYPHEN : index === first ? OTHER : ANY), Math.max(0, at - KEPT / 2));
  });
}

/**
 * The pieces of a name. Of a long name only as much as an expression has room for: what is left out matches anything, so
 * that no spelling is missed.
 *
 * @param separator what follows the word of this index.
 * @param from how many characters to leave out at the beginning, if the name is too long.
 */
function cut(words: readonly string[], separator: (index: number) => Piece, from: number): readonly Piece[] {
  const pieces = words.flatMap((text, index) => [
    ...(text === '' ? [] : [{ text, cost: text.length }]),
    ...(index === words.length - 1 ? [] : [separator(index)]),
  ]);
  if (pieces.reduce((sum, { cost }) => sum + cost, 0) <= MOST) return pieces;
  const single = pieces.flatMap((piece) => (piece.text.length === piece.cost ? lettersOf(piece) : [piece]));
  const kept = single.slice(from, from + KEPT);
  return [...(from > 0 ? [REST] : []), ...kept, ...(from + KEPT < single.length ? [REST] : [])];
}

function lettersOf({ text }: Piece): readonly Piece[] {
  return Array.from(text, (letter) => ({ text: letter, cost: 1 }));
}
