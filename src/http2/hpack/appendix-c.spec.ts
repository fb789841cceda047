import { describe, expect, it } from 'vitest';
import { HpackDecoder } from './decoder.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** A block of RFC 7541, appendix C: its bytes, its fields and the dynamic table after it, newest first. */
interface Example {
  readonly block: string;
  readonly fields: Fields;
  readonly table: Fields;
}

const METHOD = [':method', 'GET'] as const;
const HTTP = [':scheme', 'http'] as const;
const HTTPS = [':scheme', 'https'] as const;
const AUTHORITY = [':authority', 'www.example.com'] as const;
const NO_CACHE = ['cache-control', 'no-cache'] as const;
const CUSTOM = ['custom-key', 'custom-value'] as const;
const PRIVATE = ['cache-control', 'private'] as const;
const DATE_21 = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'] as const;
const DATE_22 = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'] as const;
const LOCATION = ['location', 'https://www.example.com'] as const;
const COOKIE = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'] as const;
const GZIP = ['content-encoding', 'gzip'] as const;

const REQUESTS: readonly Omit<Example, 'block'>[] = [
  { fields: [METHOD, HTTP, [':path', '/'], AUTHORITY], table: [AUTHORITY] },
  { fields: [METHOD, HTTP, [':path', '/'], AUTHORITY, NO_CACHE], table: [NO_CACHE, AUTHORITY] },
  { fields: [METHOD, HTTPS, [':path', '/index.html'], AUTHORITY, CUSTOM], table: [CUSTOM, NO_CACHE, AUTHORITY] },
];
const RESPONSES: readonly Omit<Example, 'block'>[] = [
  {
    fields: [[':status', '302'], PRIVATE, DATE_21, LOCATION],
    table: [LOCATION, DATE_21, PRIVATE, [':status', '302']],
  },
  {
    fields: [[':status', '307'], PRIVATE, DATE_21, LOCATION],
    table: [[':status', '307'], LOCATION, DATE_21, PRIVATE],
  },
  {
    fields: [[':status', '200'], PRIVATE, DATE_22, LOCATION, GZIP, COOKIE],
    table: [COOKIE, GZIP, DATE_22],
  },
];

const SERIES: Readonly<Record<string, { readonly tableBytes: number; readonly examples: readonly Example[] }>> = {
  'C.2.1 literal with indexing': series(
    4096,
    ['400a637573746f6d2d6b65790d637573746f6d2d686561646572'],
    [{ fields: [['custom-key', 'custom-header']], table: [['custom-key', 'custom-header']] }],
  ),
  'C.2.2 literal without indexing': series(
    4096,
    ['040c2f73616d706c652f70617468'],
    [{ fields: [[':path', '/sample/path']], table: [] }],
  ),
  'C.2.3 literal never indexed': series(
    4096,
    ['100870617373776f726406736563726574'],
    [{ fields: [['password', 'secret']], table: [] }],
  ),
  'C.2.4 indexed': series(4096, ['82'], [{ fields: [METHOD], table: [] }]),
  'C.3 requests without Huffman': series(
    4096,
    [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ],
    REQUESTS,
  ),
  'C.4 requests with Huffman': series(
    4096,
    [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ],
    REQUESTS,
  ),
  'C.5 responses without Huffman': series(
    256,
    [
      '4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
      '4803333037c1c0bf',
      '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ],
    RESPONSES,
  ),
  'C.6 responses with Huffman': series(
    256,
    [
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    RESPONSES,
  ),
};

describe('RFC 7541, appendix C', () => {
  it.each(Object.entries(SERIES))('%s', (_, { tableBytes, examples }) => {
    examples.forEach(({ fields, table }, at) => {
      const blocks = examples.slice(0, at + 1).map(({ block }) => Buffer.from(block, 'hex'));
      const decoder = decoderWith(tableBytes);
      const decoded = blocks.map((block) => fieldsIn(decoder, block));
      expect(decoded.at(-1)).toEqual(fields);
      expect(tableOf(decoder)).toEqual(table);
    });
  });
});

function series(
  tableBytes: number,
  blocks: readonly string[],
  expected: readonly Omit<Example, 'block'>[],
): { readonly tableBytes: number; readonly examples: readonly Example[] } {
  return { tableBytes, examples: expected.map((example, at) => ({ ...example, block: blocks[at] ?? '' })) };
}

function decoderWith(tableBytes: number): HpackDecoder {
  const decoder = new HpackDecoder({ maxTableBytes: tableBytes, maxListBytes: 16_384 });
  decoder.settingsAcknowledged();
  // The appendix omits the size update that the change from 4096 bytes would need.
  if (tableBytes === 256) expect(fieldsIn(decoder, Buffer.from('3fe101', 'hex'))).toEqual([]);
  return decoder;
}

function fieldsIn(decoder: HpackDecoder, block: Buffer): Fields | undefined {
  const decoded = decoder.decode(block, 0, block.length);
  return decoded.outcome === 'fields' ? decoded.fields.map(({ name, value }) => [name, value]) : undefined;
}

/** Reads the dynamic table by its indexes; the first that is missing breaks the decoder. */
function tableOf(decoder: HpackDecoder): Fields {
  const table: (readonly [string, string])[] = [];
  for (;;) {
    const entry = fieldsIn(decoder, Buffer.of(0x80 | (62 + table.length)))?.[0];
    if (entry === undefined) return table;
    table.push(entry);
  }
}
