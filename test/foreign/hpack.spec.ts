import { spawn } from 'node:child_process';
import { json, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackDecoder } from '../../src/http2/hpack/decoder.ts';
import { pythonPackages } from '../../tools/python.ts';

const SCRIPT = fileURLToPath(new URL('hpack-blocks.py', import.meta.url));

/** Few, because the library is slow; 20,000 agreed on 2026-11-27. */
const CONNECTIONS = 400;

/** A block that the script decoded. */
interface Answer {
  readonly hex: string;
  readonly fields: readonly (readonly [name: string, value: string])[] | null;
}

const character = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const usual = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-/:. '.split(''));
const string = fc.oneof(
  fc.string({ unit: usual, maxLength: 40 }),
  fc.string({ unit: character, maxLength: 60 }),
  fc.string({ unit: usual, minLength: 100, maxLength: 5000 }),
);
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(':path', ':authority', 'cookie', 'te', 'grpc-timeout', 'traceparent') },
  { weight: 1, arbitrary: string },
);
const field = fc.tuple(name, string, fc.boolean());
/** Values that come again, so that a table has something to refer to. */
const again = fc.tuple(name, fc.constantFrom('', '/', 'a', 'trailers', '200m'), fc.constant(false));
const mostly = <T>(usually: T, otherwise: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usually) }, { weight: 1, arbitrary: otherwise });

const encodedBlock = fc.record({
  fields: fc.array(fc.oneof(field, again, again), { maxLength: 12 }),
  tableBytes: mostly<number | null>(null, fc.integer({ min: 0, max: 4096 })),
  isHuffman: fc.boolean(),
  changes: mostly<readonly (readonly [number, number])[]>(
    [],
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
  ),
});
const bytesAlone = fc.record({
  hex: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('hex')),
});
const connection = fc.array(fc.oneof({ weight: 20, arbitrary: encodedBlock }, { weight: 1, arbitrary: bytesAlone }), {
  minLength: 1,
  maxLength: 20,
});

describe('the library hpack of Python', () => {
  it('decodes the same fields of random connections, and refuses the same blocks', async () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    const packages = await pythonPackages('hpack');
    const answers = await askPython(packages, fc.sample(connection, { numRuns: CONNECTIONS, seed }));
    const decoded = answers.map((blocks) => decodeLike(blocks));
    expect({ seed, connections: decoded }).toEqual({ seed, connections: answers });
    const broken = answers.filter((blocks) => blocks.at(-1)?.fields === null);
    // Both kinds of connections are common.
    expect(broken.length).toBeGreaterThan(CONNECTIONS / 10);
    expect(answers.length - broken.length).toBeGreaterThan(CONNECTIONS / 10);
  });
});

function decodeLike(blocks: readonly Answer[]): readonly Answer[] {
  const decoder = new HpackDecoder({ maxTableBytes: 4096, maxListBytes: 2 ** 30 });
  return blocks.map(({ hex }) => {
    const block = Buffer.from(hex, 'hex');
    const decoded = decoder.decode(block, 0, block.length);
    return {
      hex,
      fields: 'fields' in decoded ? decoded.fields.map(({ name, value }) => [name, value] as const) : null,
    };
  });
}

async function askPython(packages: string, connections: unknown): Promise<readonly (readonly Answer[])[]> {
  const python = spawn('python3', [SCRIPT], { env: { ...process.env, PYTHONPATH: packages } });
  python.stdin.end(JSON.stringify(connections));
  const [answers, errors] = await Promise.all([json(python.stdout).catch(() => undefined), text(python.stderr)]);
  expect(errors).toBe('');
  return answers as readonly (readonly Answer[])[];
}
