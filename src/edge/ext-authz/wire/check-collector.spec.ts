import { describe, expect, it } from 'vitest';
import { CHECK, judge } from '../../../../test/support/checks/judge.ts';
import { loadPackage } from '../transports/grpc-js/definition.ts';
import { createCheckCollector } from './check-collector.ts';
import { CheckReader } from './check-reader.ts';
import { OVER_LIMIT } from './over-limit.ts';

const { Check } = loadPackage().service;
const HTTP = {
  method: 'POST',
  path: '/x',
  host: 'a.example',
  header_map: { headers: [{ key: 'authorization', raw_value: Buffer.from('Bearer a.b.c') }] },
};
const TERMS = { isDisguised: () => false };

/** A check with a body of so many bytes before its header fields, as with `with_request_body` and `pack_as_bytes`. */
function checkWith(bodyBytes: number, field: 11 | 12 = 12): Buffer {
  const head = bytes(2, Buffer.from(HTTP.method));
  const rest = Check.requestSerialize({ attributes: { request: { http: HTTP } } });
  const inner = httpOf(rest);
  const http = Buffer.concat([head, bytes(field, Buffer.alloc(bodyBytes, 0x0a)), inner.subarray(head.length)]);
  return bytes(1, bytes(4, bytes(2, http)));
}

function httpOf(check: Buffer): Buffer {
  // Each of the three messages around it is shorter than 128 bytes.
  return check.subarray(6);
}

function bytes(field: number, content: Buffer): Buffer {
  const out = [field * 8 + 2];
  let rest = content.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  return Buffer.concat([Buffer.from([...out, rest]), content]);
}

function collect(message: Buffer, pieceBytes: number, maxBytes = 65_536) {
  const collector = createCheckCollector(maxBytes)();
  let most = 0;
  for (let at = 0; at < message.length; at += pieceBytes) {
    most = Math.max(most, collector.add(message.subarray(at, at + pieceBytes)));
  }
  return { kept: collector.end(), most };
}

describe('createCheckCollector()', () => {
  it.each([11, 12] as const)('drops the body in field %i, however long it is, and keeps the rest', (field) => {
    for (const bodyBytes of [0, 1, 127, 128, 200_000]) {
      const message = checkWith(bodyBytes, field);
      expect(judge(message, CHECK)).toBeUndefined();
      for (const pieceBytes of [1, 7, 16_384]) {
        if (pieceBytes === 1 && bodyBytes > 1_000) continue;
        const { kept, most } = collect(message, pieceBytes);
        if (!Buffer.isBuffer(kept)) throw new Error('refused');
        expect(most).toBe(4_096);
        expect(kept.length).toBeLessThan(message.length - bodyBytes + 16);
        expect(Check.requestDeserialize(kept)).toEqual({ attributes: { request: { http: HTTP } } });
      }
    }
  });

  it('holds nothing of a message that is too long without its body, and says so', () => {
    const message = checkWith(100_000);
    const { kept, most } = collect(message, 50, 60);
    expect(kept).toBe(OVER_LIMIT);
    expect(most).toBe(4_096);
    const collector = createCheckCollector(60)();
    collector.add(message.subarray(0, 90));
    collector.add(message.subarray(90, -40));
    expect(collector.add(message.subarray(-40))).toBe(0);
    expect(new CheckReader({}).read(OVER_LIMIT, TERMS, 'of the call')).toMatchObject({
      request: { flaw: 'check too long', traceparent: 'of the call' },
      shown: { complete: false },
    });
  });

  it.each([
    ['that breaks off', checkWith(10).subarray(0, -1)],
    ['that breaks off in its body', checkWith(1_000).subarray(0, 500)],
    ['whose inner message is longer than the outer one', Buffer.from([0x0a, 4, 0x22, 3, 0x12, 2])],
    ['with a group', Buffer.from([0x0b, 0x0c])],
    ['with a field of number 0', Buffer.from([0x02, 0])],
    ['with a tag of six bytes', Buffer.from([0x8a, 0x80, 0x80, 0x80, 0x80, 0])],
    ['with a length of more than 32 bits', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x1f])],
    ['with a number of eleven bytes', Buffer.from([0x10, ...Array.from({ length: 11 }, () => 0x80), 0])],
  ])('refuses a message %s', (_, message) => {
    for (const pieceBytes of [1, 3, 1_000]) {
      expect(collect(message, pieceBytes).kept).toMatchObject({ code: 3 });
    }
  });

  it('keeps an empty message', () => {
    expect(createCheckCollector(1)().end()).toEqual(Buffer.alloc(0));
  });
});
