/**
 * What one place holds. `ambiguous`: two parsers could read it in different ways. An empty value is absent, as an empty
 * Authorization field is.
 */
export type FoundCredential =
  | { readonly outcome: 'found'; readonly token: string }
  | { readonly outcome: 'absent' }
  | { readonly outcome: 'several' }
  | { readonly outcome: 'ambiguous' };

export const ABSENT: FoundCredential = { outcome: 'absent' };
export const SEVERAL: FoundCredential = { outcome: 'several' };
export const AMBIGUOUS: FoundCredential = { outcome: 'ambiguous' };

export function foundToken(token: string): FoundCredential {
  return token === '' ? ABSENT : { outcome: 'found', token };
}
