import { describe, expect, it } from 'vitest';
import {
  MONOTONIC_MS,
  makeCredential,
  makeFreshness,
  makePolicy,
  makeRequest,
  makeRoute,
  makeStanding,
  NOW_MS,
} from '../../test/support/core.ts';
import type { Ruling, RulingQuestion } from '../core/condition/ruling.ts';
import type { VerifiedCredential } from '../core/credential/verified-credential.ts';
import type { Decision } from '../core/decision.ts';
import type { AccessRequest } from '../core/request.ts';
import { Authorizer } from './authorizer.ts';

const TIMEOUT_MS = 150;

/** An authorizer with a decision point. The test answers for it, and moves the clocks. */
class Bench {
  readonly asked: RulingQuestion[] = [];
  readonly kept = new Map<VerifiedCredential, Ruling>();
  readonly decided: Decision[] = [];
  credential = makeCredential();
  nowMs = MONOTONIC_MS;
  answer: (question: RulingQuestion) => Promise<Ruling> = async () => ({ outcome: 'permitted' });
  readonly authorizer: Authorizer;

  constructor({ withRulings = true, shadow = false } = {}) {
    const where = {
      claims: [],
      stepUp: undefined,
      decisionPoint: { name: 'opa', subjectType: 'user', claims: [] },
    };
    const rulings = {
      find: ({ credential }: RulingQuestion) => this.kept.get(credential),
      ask: (question: RulingQuestion) => {
        this.asked.push(question);
        return this.answer(question);
      },
    };
    this.authorizer = new Authorizer({
      policy: makePolicy([makeRoute({ pattern: '/{x}', where, shadow })]),
      known: { find: () => this.credential },
      ...(withRulings ? { rulings } : {}),
      verifier: { verify: async () => this.credential },
      standings: {
        freshness: makeFreshness(),
        outageFreshness: undefined,
        refresh: async () => {},
        refreshAtOnce: () => false,
        refreshAll: async () => {},
      },
      clock: { wallMs: () => NOW_MS - MONOTONIC_MS + this.nowMs, monotonicMs: () => this.nowMs },
      observer: { decided: (_request, decision) => void this.decided.push(decision), failed: () => {} },
      decisionTimeoutMs: TIMEOUT_MS,
    });
  }

  decide(request: Partial<AccessRequest> = {}): Decision | Promise<Decision> {
    return this.authorizer.decide(makeRequest({ authorization: 'Bearer tok', ...request }));
  }
}

describe('Authorizer with a policy decision point', () => {
  it.each([
    [{ outcome: 'permitted' }, 'allow'],
    [{ outcome: 'refused' }, 'condition_failed'],
    [{ outcome: 'failed', failure: 'no answer' }, 'unavailable'],
  ] as const)('asks once and decides by %j', async (ruling, outcome) => {
    const bench = new Bench();
    bench.answer = async () => ruling;
    const decision = await bench.decide();
    expect(decision.outcome === 'deny' ? decision.reason : 'allow').toBe(outcome);
    expect(bench.asked).toHaveLength(1);
    expect(bench.decided).toEqual([decision]);
  });

  it('decides at once by a ruling that holds', () => {
    const bench = new Bench();
    bench.kept.set(bench.credential, { outcome: 'permitted' });
    expect(bench.decide()).toMatchObject({ outcome: 'allow' });
    expect(bench.asked).toEqual([]);
  });

  it('checks everything again after the answer', async () => {
    const bench = new Bench();
    bench.answer = async () => {
      bench.credential.key.inForce = false;
      bench.credential = makeCredential({ validUntilMs: 0 });
      return { outcome: 'permitted' };
    };
    expect(await bench.decide()).toMatchObject({ reason: 'token_expired' });
  });

  it('takes no ruling on a credential for another one', async () => {
    const bench = new Bench();
    bench.answer = async () => {
      if (bench.asked.length === 1) {
        bench.credential.key.inForce = false;
        bench.credential = makeCredential();
        return { outcome: 'permitted' };
      }
      return { outcome: 'refused' };
    };
    expect(await bench.decide()).toMatchObject({ reason: 'condition_failed' });
    expect(bench.asked).toHaveLength(2);
  });

  it('verifies, reads the revocation set and asks, in one decision', async () => {
    const bench = new Bench();
    const { standing, credential } = unheard();
    bench.credential = credential;
    bench.answer = async () => {
      Object.assign(standing, makeStanding({ epoch: 7 }));
      return { outcome: 'permitted' };
    };
    // The set stays unread, so the decision point is not even asked.
    expect(await bench.decide()).toMatchObject({ reason: 'unavailable', check: 'standing not known' });
    expect(bench.asked).toEqual([]);
  });

  it('denies if no decision point is there', async () => {
    expect(await new Bench({ withRulings: false }).decide()).toMatchObject({
      reason: 'unavailable',
      check: 'ruling not known',
    });
  });

  it('asks in shadow mode too, and passes', async () => {
    const bench = new Bench({ shadow: true });
    bench.answer = async () => ({ outcome: 'refused' });
    expect(await bench.decide()).toMatchObject({ outcome: 'allow', shadowed: { reason: 'condition_failed' } });
  });

  it('rules on each request of a batch, and once on what is equal', async () => {
    const bench = new Bench();
    bench.answer = async ({ body }) => ({ outcome: body.includes('"/a"') ? 'permitted' : 'refused' });
    const requests = ['/a', '/b', '/a'].map((path) => makeRequest({ authorization: 'Bearer tok', path }));
    const decisions = await bench.authorizer.decideMany(requests);
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['allow', 'deny', 'allow']);
    expect(bench.decided).toHaveLength(3);
  });

  it('is unavailable when the time is up', async () => {
    const bench = new Bench();
    bench.answer = async () => {
      bench.nowMs += TIMEOUT_MS;
      return { outcome: 'failed', failure: 'no answer' };
    };
    expect(await bench.decide()).toMatchObject({ reason: 'unavailable' });
  });
});

function unheard() {
  const standing = makeStanding();
  return { standing, credential: makeCredential({ standings: [standing] }) };
}
