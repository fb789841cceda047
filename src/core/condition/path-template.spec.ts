import { describe, expect, it } from 'vitest';
import { templateValues } from './path-template.ts';

const WHOLE = { text: '{path.tenant}', before: '', segment: 1, after: '' };
const PART = { text: 'org:{path.tenant}/', before: 'org:', segment: 1, after: '/' };

describe('templateValues()', () => {
  it.each([
    ['/t/acme', WHOLE, ['acme']],
    ['/t/42', WHOLE, ['42', 42]],
    ['/t/0', WHOLE, ['0', 0]],
    ['/t/9007199254740991', WHOLE, ['9007199254740991', 9007199254740991]],
    ['/t/%34%32', WHOLE, ['42', 42]],
    ['/t/acme', PART, ['org:acme/']],
    ['/t/42', PART, ['org:42/']],
  ])('in %s fill in %j as %j', (path, template, values) => {
    expect(templateValues(template, path)).toEqual(values);
  });

  it.each(['042', '-1', '%2042', '1e2', '0x2A', '4.0', '9007199254740992', '9007199254740993', '٤٢'])(
    'are no number for %s, which another server may read as one',
    (segment) => {
      expect(templateValues(WHOLE, `/t/${segment}`).filter((value) => typeof value === 'number')).toEqual([]);
    },
  );

  it('are none for a segment that servers read in several ways', () => {
    expect(templateValues(WHOLE, '/t/a+b')).toEqual([]);
    expect(templateValues(PART, '/t')).toEqual([]);
  });
});
