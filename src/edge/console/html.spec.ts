import fc from 'fast-check';
import { expect, it } from 'vitest';
import { html } from './html.ts';

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** As a browser reads what was escaped. */
function read(escaped: string): string {
  return escaped.replace(/&([^;]*);/g, (_all, name: string) => NAMED[name] ?? 'unknown');
}

/** Text that a template would be broken by, more often than by chance. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('<', '>', '"', "'", '&', '<script>', '</p>', '&lt;', '&#', ';', 'x', ' '))
    .map((all) => all.join('')),
);

it('html() takes whatever text it is given for text, between tags and in attributes', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const [, attribute = '', content = ''] = /^<p title="([^"]*)">([^<]*)<\/p>$/s.exec(
        html`<p title="${value}">${value}</p>`.text,
      ) ?? [undefined, 'broken out', 'broken out'];
      expect(content).not.toMatch(/[<>"']/);
      expect([read(attribute), read(content)]).toEqual([value, value]);
    }),
    { numRuns: 2_000 },
  );
});

it('html() keeps what a template made, in lists too, and leaves nothing out but nothing', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}${undefined}${false}${0}${''}</ul>`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li>0</ul>');
});

it('html() does not take an object that looks like markup for markup', () => {
  const forged = { text: '<script>' } as never;
  expect(() => html`${forged}`).toThrow(TypeError);
});
