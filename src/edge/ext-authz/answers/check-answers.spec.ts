import { describe, expect, it } from 'vitest';
import { allowed, HEADERS, ROUTE, shadowed } from '../../../../test/support/ext-authz.ts';
import type { Allow, Decision, Deny } from '../../../core/decision.ts';
import { deny } from '../../../core/decision.ts';
import { REASONS } from '../../../core/reason.ts';
import type { ShownHeaders } from '../../../core/upstream/upstream-headers.ts';
import { UpstreamHeaderWriter } from '../../../core/upstream/upstream-headers.ts';
import type { ResponseFields } from '../../basic-notice.ts';
import { encodeDecision } from '../encode.ts';
import type { CheckResponse } from '../messages.ts';
import { loadExtAuthz } from '../transports/grpc-js/definition.ts';
import { ResponseWriter } from '../wire/response-writer.ts';
import { CheckAnswers } from './check-answers.ts';

const SHOWN: ShownHeaders = { complete: true, disguised: [] };
const BASIC_NOTICE: ResponseFields = [['deprecation', '@1']];
const NO_NOTICE: ResponseFields = [];
const { Check } = loadExtAuthz();

/** How many answers were encoded. */
let encoded = 0;
class CountingWriter extends ResponseWriter {
  override write(response: CheckResponse) {
    encoded += 1;
    return super.write(response);
  }
}

function answersWith(headers = HEADERS): CheckAnswers {
  return new CheckAnswers({ headers, basicNotice: BASIC_NOTICE }, new CountingWriter());
}

const ANSWERS = answersWith();

/** Answers, and compares with the answer that the proto loader encodes. */
function answer(
  decision: Decision,
  { shown = SHOWN, notice = NO_NOTICE, answers = ANSWERS, headers = HEADERS } = {},
): Buffer {
  const bytes = answers.answer(decision, shown, notice);
  const expected = Check.responseSerialize(encodeDecision(decision, headers, shown, notice));
  if (decision.outcome === 'allow' && decision.keepMs > 0) {
    expect(Check.responseDeserialize(bytes)).toEqual(Check.responseDeserialize(expected));
  } else {
    expect(bytes).toEqual(expected);
  }
  return bytes;
}

/** How many times these answers are encoded. */
function countOf(...answers: readonly (() => unknown)[]): number {
  const before = encoded;
  for (const one of answers) one();
  return encoded - before;
}

describe('CheckAnswers', () => {
  it('encodes the answer that allows a credential once, and then returns the same bytes', () => {
    const allow = allowed({ subject: 'zoë' });
    expect(countOf(...Array.from({ length: 3 }, () => () => answer(allow)))).toBe(1);
  });

  it('encodes it again for another configuration and for another signed identity', () => {
    const allow = allowed({});
    answer(allow);
    const names = { subject: 'x-a', scopes: 'x-b', tokenId: 'x-c', issuer: 'x-d', scheme: 'x-e' };
    const headers = new UpstreamHeaderWriter(names, false, false, [], 'x-token');
    const answers = answersWith(headers);
    expect(countOf(() => answer(allow, { answers, headers }))).toBe(1);
    const times = { signedAt: { monotonicMs: 0, wallMs: 0 }, renewAfterMs: 1, lateAfterMs: 2, lifeMs: 3 };
    const token = { ...times, key: { inForce: true }, value: 'a.b.c' };
    if (allow.credential !== undefined) allow.credential.upstream.token = token;
    expect(countOf(() => answer(allow, { answers, headers }))).toBe(1);
    expect(answer(allow, { answers, headers }).includes('a.b.c')).toBe(true);
    expect(countOf(() => answer(allow, { answers, headers }))).toBe(0);
  });

  it('neither keeps nor takes an answer that depends on more', () => {
    const allow = allowed({});
    answer(allow);
    const unusual: readonly (() => unknown)[] = [
      () => answer(allow, { shown: { complete: true, disguised: ['x_auth_subject'] } }),
      () => answer(allow, { shown: { complete: false, disguised: ['x_auth_subject'] } }),
      () => answer(allow, { notice: [['sunset', 'x']] }),
      () => answer({ ...allow, stripped: { set: [['cookie', 'a=b']], remove: ['x-api-key'], query: [] } }),
      () => answer(shadowed()),
    ];
    for (const _ of [1, 2]) expect(countOf(...unusual)).toBe(unusual.length);
    expect(countOf(() => answer(allow))).toBe(0);
  });

  describe('for a gateway that hides headers', () => {
    const hidden: ShownHeaders = { complete: false, disguised: [] };

    it.each([
      ['a short one', allowed({ subject: 'a', tokenId: undefined, scopes: [] })],
      ['a usual one', allowed({})],
      ['one of nearly 4 KiB', allowed({ subject: 'x'.repeat(1_700) })],
      ['that of a public route', allowed()],
    ])('puts the other spellings behind what is kept: %s', (_, allow) => {
      const answers = answersWith();
      expect(countOf(() => answer(allow, { answers }))).toBe(1);
      expect(countOf(() => answer(allow, { answers, shown: hidden }))).toBe(0);
      expect(countOf(() => answer(allow, { answers }))).toBe(0);
    });

    it('encodes it once if that comes first', () => {
      const allow = allowed({});
      expect(countOf(() => answer(allow, { shown: hidden }))).toBe(1);
      expect(countOf(() => answer(allow))).toBe(0);
    });

    it('also with the time for which it may be kept', () => {
      const allow = { ...allowed({}), keepMs: 700 };
      expect(countOf(() => answer(allow, { shown: hidden }))).toBe(1);
      expect(countOf(() => answer(allow, { shown: hidden }))).toBe(0);
      expect(countOf(() => answer(allow))).toBe(0);
    });

    it('adds none where every answer has them', () => {
      const names = { subject: 'x-a', scopes: 'x-b', tokenId: 'x-c', issuer: 'x-d', scheme: 'x-e' };
      const headers = new UpstreamHeaderWriter(names, false, true);
      const answers = answersWith(headers);
      const allow = allowed({});
      expect(answer(allow, { answers, headers, shown: hidden })).toEqual(answer(allow, { answers, headers }));
    });

    it('is encoded again where it has no room', () => {
      const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `x-${letter.repeat(70)}-h-h-h-h`);
      const [subject = '', scopes = '', tokenId = '', issuer = '', scheme = ''] = names;
      const headers = new UpstreamHeaderWriter({ subject, scopes, tokenId, issuer, scheme }, false);
      const answers = answersWith(headers);
      const bytes = answer(allowed({}), { answers, headers, shown: hidden });
      expect(bytes.length).toBeGreaterThan(32_768);
    });
  });

  it('encodes the answer on a public route once', () => {
    const answers = answersWith();
    expect(
      countOf(
        () => answer(allowed(), { answers }),
        () => answer(allowed(), { answers }),
      ),
    ).toBe(1);
  });

  it('does not keep an answer of more than 4 KiB', () => {
    const allow = allowed({ subject: 'x'.repeat(4_096) });
    expect(
      countOf(
        () => answer(allow),
        () => answer({ ...allow, keepMs: 1 }),
        () => answer(allow),
      ),
    ).toBe(3);
  });

  describe('for a gateway that keeps answers', () => {
    const keeping = (allow: Allow, keepMs: number, pattern = '/a'): Allow => ({
      ...allow,
      keepMs,
      route: { ...ROUTE, pattern },
    });

    it('puts the time and the route behind the bytes that are kept', () => {
      const allow = allowed({});
      const all = [700, 0, 1, 2 ** 40].flatMap((keepMs) =>
        ['/a', '/b/{id}', ''].map((pattern) => () => answer(keeping(allow, keepMs, pattern))),
      );
      expect(countOf(...all, ...all)).toBe(1);
    });

    it('writes the names of the headers that are set for the credential', () => {
      for (const subject of ['a', undefined, 'b']) answer(keeping(allowed({ subject }), 5));
    });

    it.each([0, 1, 60, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 3_000, 5_000, 9_000, 20_000])(
      'writes its length in as many bytes as it needs: %i more',
      (more) => {
        for (const issuer of ['', 'sallyport']) {
          const allow = allowed({ subject: 'x'.repeat(more), issuer, scopes: [], tokenId: undefined });
          for (const pattern of ['', '/x', `/${'x'.repeat(5_000)}`]) answer(keeping(allow, 9, pattern));
        }
      },
    );

    it('encodes as many routes as there are', () => {
      const allow = allowed({});
      for (let index = 0; index < 9_000; index++) {
        const decision = keeping(allow, 7, `/${index}`);
        if (index % 1_000 === 0) answer(decision);
        else ANSWERS.answer(decision, SHOWN);
      }
      expect(countOf(() => answer(keeping(allow, 7, '/8999')))).toBe(0);
    });
  });

  describe('for a denial', () => {
    const other = { ...ROUTE, pattern: '/other', requirement: { kind: 'allOf', scopes: ['a:b', 'c:d'] } } as const;
    const offersDpop = { algorithms: 'ES256', wasUsed: false };

    it('encodes it once for its reason, its route and what it offers', () => {
      const answers = answersWith();
      const denials = REASONS.flatMap((reason) =>
        [ROUTE, other, undefined].flatMap((route): Deny[] => {
          const denial = deny(reason, route, 'signature');
          return [denial, { ...denial, offersBasic: true }, { ...denial, offersDpop, offersBasic: true }];
        }),
      );
      const all = denials.flatMap((denial) =>
        [NO_NOTICE, BASIC_NOTICE].map((notice) => () => answer(denial, { answers, notice })),
      );
      expect(countOf(...all)).toBe(all.length);
      expect(countOf(...all)).toBe(0);
    });

    it('does not keep one that depends on more', () => {
      const answers = answersWith();
      const denial = deny('token_invalid', ROUTE, 'signature');
      answer(denial, { answers });
      answer({ ...denial, offersDpop }, { answers });
      const unusual: readonly (() => unknown)[] = [
        () => answer({ ...denial, required: { kind: 'allOf', scopes: ['x:y'] } }, { answers }),
        () => answer({ ...deny('unavailable', ROUTE, 'client'), retryAfterSeconds: 7 }, { answers }),
        () => answer({ ...denial, offersDpop: { algorithms: 'ES256', wasUsed: true } }, { answers }),
        () => answer({ ...denial, offersDpop: { algorithms: 'EdDSA', wasUsed: false } }, { answers }),
        () => answer(denial, { answers, notice: [['dpop-nonce', 'n']] }),
        () => answer(denial, { answers, notice: [['deprecation', '@1']] }),
      ];
      for (const _ of [1, 2]) expect(countOf(...unusual)).toBe(unusual.length);
      expect(countOf(() => answer(denial, { answers }))).toBe(0);
    });

    it('keeps a bounded number', () => {
      const answers = answersWith();
      const denials = Array.from({ length: 5_000 }, (_, index) =>
        deny('token_invalid', { ...ROUTE, pattern: `/${index}` }, 'signature'),
      );
      for (const denial of denials) answers.answer(denial, SHOWN);
      expect(countOf(...denials.map((denial) => () => answers.answer(denial, SHOWN)))).toBe(5_000 - 4_096);
    });
  });
});
