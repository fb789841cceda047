/** No language has longer runs of marks (Stream-Safe Text Format, UAX #15, section 13). */
const TOO_MANY_MARKS = /\p{M}{31}/u;

/**
 * Normalization Form C (UAX #15). Leaves text with more than 30 marks in a row unchanged: sorting them takes quadratic
 * time, and the text may come from an unauthenticated client.
 */
export function toNfc(text: string): string {
  return TOO_MANY_MARKS.test(text) ? text : text.normalize('NFC');
}
