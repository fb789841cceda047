import { describe, expect, it } from 'vitest';
import { HpackDecoder } from '../../src/http2/hpack/decoder.ts';
import { hasVectors, NEEDS, readVectors } from './folder.ts';

/** Requests and responses of real sites, by four encoders or ways to use one. */
const SETS = {
  nghttp2: { stories: 32, sizeUpdate: undefined },
  'nghttp2-16384-4096': { stories: 31, sizeUpdate: 16_384 },
  'nghttp2-change-table-size': { stories: 31, sizeUpdate: undefined },
  'python-hpack': { stories: 32, sizeUpdate: undefined },
};

interface Story {
  readonly cases: readonly {
    readonly wire: string;
    readonly headers: readonly Readonly<Record<string, string>>[];
  }[];
}

describe.skipIf(!hasVectors('hpack'))(`HPACK stories (${NEEDS})`, () => {
  it.each(Object.entries(SETS))('%s decodes', (set, { stories, sizeUpdate }) => {
    for (let number = 0; number < stories; number++) {
      const { cases } = readVectors<Story>(`hpack/${set}/story_${String(number).padStart(2, '0')}.json`);
      const decoder = new HpackDecoder({ maxTableBytes: sizeUpdate ?? 4096, maxListBytes: 65_536 });
      decoder.settingsAcknowledged();
      for (const { wire, headers } of cases) {
        const block = Buffer.from(wire, 'hex');
        const decoded = decoder.decode(block, 0, block.length);
        const fields = 'fields' in decoded ? decoded.fields.map(({ name, value }) => ({ [name]: value })) : decoded;
        expect(fields).toEqual(headers);
      }
    }
  });
});
