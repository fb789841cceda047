import type { DroppedWords } from '../credential/verified-credential.ts';

/** The most words to list. */
const MAX_LISTED = 5;

/** What a token's scope claims say without effect, to follow its scopes; empty if there is nothing. */
export function droppedText(dropped: DroppedWords | undefined, shown: (value: unknown) => string): string {
  if (dropped === undefined) return '';
  const listed = dropped.words.slice(0, MAX_LISTED);
  const more = dropped.words.length - listed.length + dropped.more;
  return `; dropped ${listed.map(shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}: neither in scopeMap nor in allowScopes`;
}
