import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from './html.ts';

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

/** Decodes escaped text as a browser does. */
function read(escaped: string): string {
  return escaped.replace(/&([^;]*);/g, (_all, name: string) => NAMED[name] ?? 'unknown');
}

/** Text that often contains what would break out of a template. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('<', '>', '"', "'", '&', '<script>', '</p>', '&lt;', '&#', ';', 'x', ' '))
    .map((all) => all.join('')),
);

describe('html()', () => {
  it('escapes every text, between tags and in attributes', () => {
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

  it('keeps markup from other templates, also in lists, and leaves out undefined and false', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${undefined}${false}${0}${''}</ul>`.text).toBe('<ul><li>a</li><li>&lt;b&gt;</li>0</ul>');
  });

  it('throws for an object that only looks like markup', () => {
    const forged = { text: '<script>' } as never;
    expect(() => html`${forged}`).toThrow(TypeError);
  });
});
