import { describe, expect, it } from 'vitest';
import { WantedFields } from './wanted-fields.ts';

function collect(wanted: readonly string[] | undefined, ...fields: readonly (readonly [string, string])[]) {
  const collected = new WantedFields(wanted && new Set(wanted));
  for (const [name, value] of fields) collected.add(name, value);
  return collected.found && Object.fromEntries(collected.found);
}

describe('WantedFields', () => {
  it('keeps what is wanted, and nothing else', () => {
    expect(collect(['x-api-key'], ['x-api-key', 'a'], ['x-other', 'b'])).toEqual({ 'x-api-key': 'a' });
  });

  it.each([
    ['other fields by commas', 'x-api-key', 'a,b'],
    ['cookies by semicolons', 'cookie', 'a; b'],
  ])('joins %s', (_, name, joined) => {
    expect(collect([name], [name, 'a'], [name, 'b'])).toEqual({ [name]: joined });
  });

  it('joins an empty field, too', () => {
    expect(collect(['x-api-key'], ['x-api-key', ''], ['x-api-key', 'b'])).toEqual({ 'x-api-key': ',b' });
  });

  it.each([[undefined], [[]], [['x-other']]])('makes nothing if %j is wanted', (wanted) => {
    expect(collect(wanted, ['x-api-key', 'a'])).toBeUndefined();
  });
});
