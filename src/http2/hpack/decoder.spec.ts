import { describe, expect, it } from 'vitest';
import { HpackDecoder } from './decoder.ts';
import { EMPTY_TABLE_UPDATE, encodeFields, type NewField } from './encoder.ts';
import type { DecodedBlock, HeaderField } from './header-field.ts';

const LIMITS = { maxTableBytes: 4096, maxListBytes: 16_384 };
/** A literal with indexing and an indexed field, which stays first in the table. */
const ADD_A_B = [0x40, 0x01, 0x61, 0x01, 0x62];
const NEWEST = 0xbe;
/** A literal with indexing with the name of the first in the table. */
const NEWEST_NAME = 0x7e;

it('decodes values of more names than it remembers the values of', () => {
  const decoder = new HpackDecoder(LIMITS);
  const names = Array.from({ length: 60 }, (_, at) => `x-name-${at}`);
  decode(
    decoder,
    names.flatMap((name) => literal(0x40, name, 'first')),
  );
  for (let round = 0; round < 40; round++) {
    const values = names.map((_, at) => `value ${at} ${round % 3 === 0 ? 'again' : round}`);
    // The newest has the lowest index.
    const fields = values.flatMap((value, at) => [0x0f, 62 + 59 - at - 15, value.length, ...Buffer.from(value)]);
    const block = decode(decoder, fields);
    expect(block).toMatchObject({ outcome: 'fields', fields: names.map((name, at) => ({ name, value: values[at] })) });
  }
});

describe('a block is broken', () => {
  it.each<[what: string, bytes: readonly number[]]>([
    ['by index 0', [0x80]],
    ['by an index after the static table while the other is empty', [NEWEST]],
    ['by an index after the dynamic table', [...ADD_A_B, NEWEST + 1]],
    ['by the index of a name outside the tables', [0x7f, 0x00, 0x01, 0x61]],
    ['by an index that is not all there', [0xff]],
    ['by an index of five more bytes', [0xff, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['by an index that starts with many zeros', [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['by the largest index', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['by a name longer than the block', [0x00, 0x02, 0x61]],
    ['by a value longer than the block', [0x00, 0x01, 0x61, 0x02, 0x61]],
    ['by a value without its length', [0x00, 0x01, 0x61]],
    ['by a length of 2^28', [0x00, 0x7f, 0x81, 0xff, 0xff, 0x7f, 0x61]],
    ['by EOS in a string', [0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff]],
    ['by EOS before another symbol', [0x00, 0x01, 0x61, 0x85, 0xff, 0xff, 0xff, 0xfc, 0x1f]],
    ['by 8 bits of padding', [0x00, 0x01, 0x61, 0x82, 0x1f, 0xff]],
    ['by padding of zeros', [0x00, 0x01, 0x61, 0x81, 0x18]],
    ['by padding alone', [0x00, 0x01, 0x61, 0x81, 0xff]],
    ['by wrong padding in a name', [0x00, 0x81, 0x18, 0x01, 0x61]],
    ['by a size update after a field', [0x82, 0x20]],
    ['by a size update above the SETTINGS', [0x3f, 0xe2, 0x1f]],
    ['by a size update that is not all there', [0x3f]],
    ['by a reference to an evicted entry', [...ADD_A_B, ...literal(0x40, 'c', 'v'.repeat(4060)), NEWEST + 1]],
  ])('%s', (_, bytes) => {
    const decoder = new HpackDecoder(LIMITS);
    expect(decode(decoder, bytes)).toEqual({ outcome: 'broken', reason: expect.any(String) });
    expect(decode(decoder, [0x82])).toMatchObject({ outcome: 'broken' });
  });

  it('at every place where it can be cut', () => {
    const bytes = Buffer.from('418cf1e3c2e5f23a6ba0ab90f4ff', 'hex');
    for (let end = 1; end < bytes.length; end++) {
      expect(new HpackDecoder(LIMITS).decode(bytes, 0, end)).toMatchObject({ outcome: 'broken' });
    }
  });
});

describe('a string', () => {
  it('has at most 7 bits of padding', () => {
    // '0' has 5 bits; eight of them fill 5 bytes, so no padding; '&' has 8; 'X' has 8, 'a' 5, '%' 6, ':' 7
    expect(valueOf([0x81, 0x07])).toBe('0');
    expect(valueOf([0x81, 0xf8])).toBe('&');
    expect(valueOf([0x82, 0xf8, 0x1f])).toBe('&a');
    expect(valueOf([0x80])).toBe('');
  });

  it('may be longer than the usual room', () => {
    const text = '0'.repeat(8000);
    expect(valueOf([0xff, ...more(5000 - 127), ...new Uint8Array(5000)])).toBe(text);
  });

  it('has a character for each byte', () => {
    expect(valueOf([0x03, 0xe2, 0x82, 0xac])).toBe('\u00e2\u0082\u00ac');
  });
});

describe('the dynamic table', () => {
  it('keeps what fits, and drops the oldest', () => {
    const decoder = new HpackDecoder(LIMITS);
    for (let number = 0; number < 1000; number++) decode(decoder, literal(0x40, 'name', `${1000 + number}`));
    // An entry has 40 bytes, so 102 fit.
    expect(fieldsOf(decode(decoder, [NEWEST, 0xff, 0x80 + 36, 0x00]))).toEqual([
      ['name', '1999'],
      ['name', '1898'],
    ]);
    expect(decode(decoder, [0xff, 37])).toMatchObject({ outcome: 'broken' });
  });

  it('is emptied by an entry that does not fit, which is decoded all the same', () => {
    const decoder = new HpackDecoder(LIMITS);
    decode(decoder, ADD_A_B);
    expect(fieldsOf(decode(decoder, literal(0x40, 'n', 'v'.repeat(4064))))).toEqual([['n', 'v'.repeat(4064)]]);
    expect(decode(decoder, [NEWEST])).toMatchObject({ outcome: 'broken' });
  });

  it('gives its name to a new entry that evicts the old one', () => {
    const decoder = new HpackDecoder(LIMITS);
    decode(decoder, literal(0x40, 'name', 'v'.repeat(4000)));
    const value = 'w'.repeat(4000);
    expect(fieldsOf(decode(decoder, [NEWEST_NAME, ...string(value), NEWEST]))).toEqual([
      ['name', value],
      ['name', value],
    ]);
  });

  it('does not take a literal without indexing, nor one that is never indexed', () => {
    const decoder = new HpackDecoder(LIMITS);
    decode(decoder, [...literal(0x00, 'a', 'b'), ...literal(0x10, 'c', 'd')]);
    expect(decode(decoder, [NEWEST])).toMatchObject({ outcome: 'broken' });
  });

  it('changes its size at the beginning of a block, as often as it says', () => {
    const decoder = new HpackDecoder(LIMITS);
    decode(decoder, ADD_A_B);
    expect(fieldsOf(decode(decoder, [0x20, 0x3f, 0xe1, 0x1f, ...ADD_A_B, NEWEST]))).toHaveLength(2);
    expect(decode(decoder, [NEWEST + 1])).toMatchObject({ outcome: 'broken' });
  });

  it('of 0 bytes keeps nothing', () => {
    const decoder = new HpackDecoder(LIMITS);
    expect(fieldsOf(decode(decoder, [EMPTY_TABLE_UPDATE, ...ADD_A_B]))).toEqual([['a', 'b']]);
    expect(decode(decoder, [NEWEST])).toMatchObject({ outcome: 'broken' });
  });
});

describe('SETTINGS_HEADER_TABLE_SIZE', () => {
  it('holds once the peer acknowledged it', () => {
    const decoder = new HpackDecoder({ ...LIMITS, maxTableBytes: 256 });
    expect(fieldsOf(decode(decoder, [0x3f, 0xe1, 0x1f, 0x82]))).toHaveLength(1);
    decoder.settingsAcknowledged();
    expect(decode(decoder, [0x3f, 0xe1, 0x1f, 0x82])).toMatchObject({ outcome: 'broken' });
  });

  it('must be followed by a size update if the table has to get smaller', () => {
    const decoder = () => {
      const made = new HpackDecoder({ ...LIMITS, maxTableBytes: 256 });
      decode(made, [0x82]);
      made.settingsAcknowledged();
      return made;
    };
    expect(decode(decoder(), [0x82])).toMatchObject({ outcome: 'broken' });
    expect(fieldsOf(decode(decoder(), []))).toEqual([]);
    const updated = decoder();
    expect(fieldsOf(decode(updated, [0x3f, 0xe1, 0x01, 0x82]))).toHaveLength(1);
    expect(fieldsOf(decode(updated, [0x82]))).toHaveLength(1);
  });

  it('may be above 4096', () => {
    const decoder = new HpackDecoder({ ...LIMITS, maxTableBytes: 8192 });
    decoder.settingsAcknowledged();
    expect(fieldsOf(decode(decoder, [0x3f, 0xe1, 0x3f, 0x82]))).toHaveLength(1);
    expect(decode(decoder, [0x3f, 0xe2, 0x3f])).toMatchObject({ outcome: 'broken' });
  });
});

describe('a list of fields', () => {
  it('above its limit is refused, and the table stays in step', () => {
    const decoder = new HpackDecoder({ ...LIMITS, maxListBytes: 100 });
    const long = [...literal(0x40, 'n', 'v'.repeat(68)), ...ADD_A_B];
    expect(decode(decoder, long)).toEqual({ outcome: 'too-long' });
    expect(fieldsOf(decode(decoder, [NEWEST]))).toEqual([['a', 'b']]);
  });

  it('may have as many bytes as its limit', () => {
    const decoder = new HpackDecoder({ ...LIMITS, maxListBytes: 101 });
    expect(decode(decoder, literal(0x00, 'n', 'v'.repeat(68)))).toMatchObject({ outcome: 'fields' });
    expect(decode(decoder, literal(0x00, 'n', 'v'.repeat(69)))).toEqual({ outcome: 'too-long' });
  });

  it('is not made longer by references to one large entry', () => {
    const decoder = new HpackDecoder(LIMITS);
    decode(decoder, literal(0x40, 'n', 'v'.repeat(4000)));
    expect(
      decode(
        decoder,
        Array.from({ length: 60_000 }, () => NEWEST),
      ),
    ).toEqual({ outcome: 'too-long' });
    expect(fieldsOf(decode(decoder, [NEWEST]))).toHaveLength(1);
  });
});

describe('a field', () => {
  it.each<[what: string, name: string, value: string]>([
    ['an upper-case name', 'Name', 'v'],
    ['an empty name', '', 'v'],
    ['a colon inside the name', 'na:me', 'v'],
    ['a name that is only a colon', ':', 'v'],
    ['a space in the name', 'na me', 'v'],
    ['a control character in the name', 'na\u0001me', 'v'],
    ['a name outside ASCII', 'n\u00e4me', 'v'],
    ['a NUL in the value', 'n', 'v\0'],
    ['a line feed in the value', 'n', 'v\nx: y'],
    ['a carriage return in the value', 'n', 'v\rx'],
    ['another control character in the value', 'n', 'v\u007f'],
    ['a space before the value', 'n', ' v'],
    ['a space after the value', 'n', 'v '],
    ['a tab after the value', 'n', 'v\t'],
    ['only a space', 'n', ' '],
  ])('with %s is malformed, also as an entry of the table', (_, name, value) => {
    const decoder = new HpackDecoder(LIMITS);
    expect(decode(decoder, [...literal(0x40, name, value)])).toMatchObject({ outcome: 'malformed' });
    expect(decode(decoder, [NEWEST])).toMatchObject({ outcome: 'malformed' });
    expect(fieldsOf(decode(decoder, [0x82]))).toHaveLength(1);
    expect(() => encodeFields([[name, value]])).toThrow(TypeError);
  });

  it.each([':path', 'x', 'grpc-timeout', "!#$%&'*+.^_`|~-0"])('may be called %s', (name) => {
    expect(fieldsOf(decode(new HpackDecoder(LIMITS), literal(0, name, 'v')))).toEqual([[name, 'v']]);
  });

  it.each(['', 'a b', 'a\tb', '\u0080\u00ff'])('may have the value %j', (value) => {
    expect(fieldsOf(decode(new HpackDecoder(LIMITS), literal(0, 'n', value)))).toEqual([['n', value]]);
  });

  it('has the kind that the owner gives to its name', () => {
    const names: string[] = [];
    const kindOf = (name: string) => names.push(name);
    const decoder = new HpackDecoder({ ...LIMITS, kindOf });
    const kinds = [1, 2, 3].map(() =>
      kindsIn(decode(decoder, [0x82, 0x83, 0x02, 0x01, 0x61, ...literal(0x40, 'n', 'v')])),
    );
    expect(kinds).toEqual([
      [1, 1, 1, 2],
      [1, 1, 1, 3],
      [1, 1, 1, 4],
    ]);
    expect(kindsIn(decode(decoder, [NEWEST, NEWEST_NAME, 0x01, 0x61]))).toEqual([4, 4]);
  });
});

describe('what comes again', () => {
  it('is the same object: an indexed field, a literal, a block', () => {
    const decoder = new HpackDecoder(LIMITS);
    const path = [0x04, ...string('/a')];
    decode(decoder, [0x83, ...path, ...ADD_A_B]);
    const [method, first] = fieldsIn(decode(decoder, [0x83, ...path, NEWEST]));
    const block = decode(decoder, [0x83, ...path, NEWEST]);
    expect(fieldsIn(block)[0]).toBe(method);
    expect(fieldsIn(block)[1]).toBe(first);
    expect(decode(decoder, [0x83, ...path, NEWEST])).toBe(block);
    expect(decode(decoder, [0x83, ...path])).not.toBe(block);
  });

  it('is decoded again once the table has changed', () => {
    const decoder = new HpackDecoder(LIMITS);
    decode(decoder, ADD_A_B);
    expect(fieldsOf(decode(decoder, [NEWEST]))).toEqual([['a', 'b']]);
    decode(decoder, literal(0x40, 'c', 'd'));
    expect(fieldsOf(decode(decoder, [NEWEST]))).toEqual([['c', 'd']]);
    expect(fieldsOf(decode(decoder, [NEWEST]))).toEqual([['c', 'd']]);
    decode(decoder, [EMPTY_TABLE_UPDATE]);
    expect(decode(decoder, [NEWEST])).toMatchObject({ outcome: 'broken' });
  });

  it('has its own bytes, whatever the caller writes over them', () => {
    const decoder = new HpackDecoder(LIMITS);
    const bytes = Buffer.from([0x83, 0x04, ...string('/first')]);
    decoder.decode(bytes, 0, bytes.length);
    bytes.write('/other', bytes.length - 6);
    expect(fieldsOf(decoder.decode(bytes, 0, bytes.length))).toEqual([
      [':method', 'POST'],
      [':path', '/other'],
    ]);
  });

  it('is right however often it changes before', () => {
    const decoder = new HpackDecoder(LIMITS);
    for (let number = 0; number < 100; number++) {
      for (const value of ['/always', `/${number}`, `/${number % 3}`]) {
        expect(fieldsOf(decode(decoder, [0x04, ...string(value)]))).toEqual([[':path', value]]);
      }
    }
  });
});

function decode(decoder: HpackDecoder, bytes: readonly number[]): DecodedBlock {
  // Not at the beginning of its buffer, as in a frame.
  return decoder.decode(Buffer.from([0x80, 0x80, ...bytes, 0x80]), 2, bytes.length + 2);
}

function fieldsIn(block: DecodedBlock): readonly HeaderField[] {
  return block.outcome === 'fields' ? block.fields : [];
}

function fieldsOf(block: DecodedBlock): readonly NewField[] | DecodedBlock {
  return block.outcome === 'fields' ? block.fields.map(({ name, value }) => [name, value] as const) : block;
}

function kindsIn(block: DecodedBlock): readonly number[] {
  return fieldsIn(block).map(({ kind }) => kind);
}

/** Decodes a literal field with an encoded value. */
function valueOf(encoded: readonly number[]): string | undefined {
  return fieldsIn(decode(new HpackDecoder(LIMITS), [0x00, 0x01, 0x61, ...encoded]))[0]?.value;
}

function literal(first: number, name: string, value: string): readonly number[] {
  return [first, ...string(name), ...string(value)];
}

function string(text: string): readonly number[] {
  const { length } = text;
  return [...(length < 127 ? [length] : [127, ...more(length - 127)]), ...Buffer.from(text, 'latin1')];
}

/** The bytes of an integer after its prefix. */
function more(rest: number): readonly number[] {
  return rest < 0x80 ? [rest] : [(rest & 0x7f) | 0x80, ...more(rest >> 7)];
}
