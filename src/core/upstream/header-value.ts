const OTHER_THAN_VISIBLE = /[^\x21-\x7e]|%/gu;

/** Percent-encodes `%` and all but visible ASCII, so that two values never have the same spelling. */
export function headerValue(value: string): string {
  return value
    .toWellFormed()
    .replace(OTHER_THAN_VISIBLE, (character) => (character === '%' ? '%25' : encodeURIComponent(character)));
}

/** The longest value of a header that carries a claim, in characters. */
export const LONGEST_CLAIM_VALUE = 2_048;

/**
 * A claim as the value of a header; empty if it is not sent. A string is percent-encoded, a number or a boolean is its
 * JSON, and a list of these is joined by spaces. Nothing is sent of objects and null, of a list that holds one of them or an
 * empty string, of an integer that JavaScript does not hold exactly, of a string that is no valid Unicode, and of what is
 * longer than {@link LONGEST_CLAIM_VALUE}: a part of a value could be another value.
 */
export function claimValue(claim: unknown): string {
  const value = Array.isArray(claim) ? joined(claim) : (scalarValue(claim) ?? '');
  return value.length > LONGEST_CLAIM_VALUE ? '' : value;
}

function joined(list: readonly unknown[]): string {
  const values = list.map(scalarValue);
  return values.every((value) => value !== undefined && value !== '') ? values.join(' ') : '';
}

function scalarValue(claim: unknown): string | undefined {
  if (typeof claim === 'string') return claim.isWellFormed() ? headerValue(claim) : undefined;
  return typeof claim === 'boolean' || isExact(claim) ? JSON.stringify(claim) : undefined;
}

/** Whether a claim is a number that is certain to be the one in the token: two large integers may become the same one. */
export function isExact(claim: unknown): claim is number {
  return (
    typeof claim === 'number' && (Number.isSafeInteger(claim) || (Number.isFinite(claim) && !Number.isInteger(claim)))
  );
}
