import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const PAGE = new URL('../../docs/observability.md', import.meta.url);
const SOURCE = new URL('../../src/audit/audit-log.ts', import.meta.url);
/** A message stands last in a call, in a choice or in a table; keys and kinds stand before a colon. */
const MESSAGE = /'([a-z][a-zA-Z_ :]* [a-zA-Z_ :]*)'(?!\]|:)/g;

it('docs/observability.md lists the message of every audit record', () => {
  const page = readFileSync(PAGE, 'utf8');
  const messages = Array.from(readFileSync(SOURCE, 'utf8').matchAll(MESSAGE), ([, message = '']) => message);
  expect(messages).toContain('token issued');
  expect(messages.filter((message) => !page.includes(`\`${message}\``))).toEqual([]);
});
