import { describe, expect, it } from 'vitest';
import { allowed, HEADERS, ROUTE, shadowed } from '../../../test/support/ext-authz.ts';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { ShownHeaders } from '../../core/upstream/upstream-headers.ts';
import { UpstreamHeaderWriter } from '../../core/upstream/upstream-headers.ts';
import { answerCheck } from './check-answer.ts';
import { encodeDecision } from './encode.ts';
import type { CheckResponse } from './messages.ts';
import { loadExtAuthz } from './transports/grpc-js/definition.ts';

const SHOWN: ShownHeaders = { complete: true, disguised: [] };
const { Check } = loadExtAuthz();

/** How many answers were encoded. */
let encoded = 0;
const serialize = (response: CheckResponse): Buffer => {
  encoded += 1;
  return Check.responseSerialize(response);
};

function answer(
  decision: Decision,
  shown = SHOWN,
  notice: readonly (readonly [string, string])[] = [],
  headers = HEADERS,
) {
  const bytes = answerCheck(decision, { headers, serialize }, shown, notice);
  expect(bytes).toEqual(Check.responseSerialize(encodeDecision(decision, headers, shown, notice)));
  return bytes;
}

/** How many times these answers are encoded. */
function countOf(...answers: readonly (() => unknown)[]): number {
  const before = encoded;
  for (const one of answers) one();
  return encoded - before;
}

describe('answerCheck()', () => {
  it('encodes the answer that allows a credential once, and then returns the same bytes', () => {
    const allow = allowed({ subject: 'zoë' });
    expect(countOf(...Array.from({ length: 3 }, () => () => answer(allow)))).toBe(1);
  });

  it('encodes it again for another configuration and for another signed identity', () => {
    const allow = allowed({});
    answer(allow);
    const names = { subject: 'x-a', scopes: 'x-b', tokenId: 'x-c', issuer: 'x-d', scheme: 'x-e' };
    const other = new UpstreamHeaderWriter(names, false, false, [], 'x-token');
    expect(countOf(() => answer(allow, SHOWN, [], other))).toBe(1);
    const times = { signedAt: { monotonicMs: 0, wallMs: 0 }, renewAfterMs: 1, lateAfterMs: 2, lifeMs: 3 };
    const token = { ...times, key: { inForce: true }, value: 'a.b.c' };
    if (allow.credential !== undefined) allow.credential.upstream.token = token;
    expect(countOf(() => answer(allow, SHOWN, [], other))).toBe(1);
    expect(answer(allow, SHOWN, [], other).includes('a.b.c')).toBe(true);
    expect(countOf(() => answer(allow, SHOWN, [], other))).toBe(0);
  });

  it('neither keeps nor takes an answer that depends on more', () => {
    const allow = allowed({});
    answer(allow);
    const unusual: readonly (() => unknown)[] = [
      () => answer(allow, { complete: false, disguised: [] }),
      () => answer(allow, { complete: true, disguised: ['x_auth_subject'] }),
      () => answer(allow, SHOWN, [['sunset', 'x']]),
      () => answer({ ...allow, keepMs: 700 }),
      () => answer({ ...allow, stripped: { set: [['cookie', 'a=b']], remove: ['x-api-key'], query: [] } }),
      () => answer(allowed()),
      () => answer(shadowed()),
      () => answer(deny('token_invalid', ROUTE, 'signature')),
    ];
    expect(countOf(...unusual)).toBe(unusual.length);
    expect(countOf(() => answer(allow))).toBe(0);
  });
});
