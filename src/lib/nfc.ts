/** Longer runs of marks are no text of any language (Stream-Safe Text Format, UAX #15, section 13). */
const TOO_MANY_MARKS = /\p{M}{31}/u;

/**
 * Normalization Form C (UAX #15). Text with more than 30 marks in a row stays as it is: they would have to be sorted, in
 * a time that grows with the square of their number, and whoever asks may be a stranger.
 */
export function toNfc(text: string): string {
  return TOO_MANY_MARKS.test(text) ? text : text.normalize('NFC');
}
