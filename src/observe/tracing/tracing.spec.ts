import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeCredential, makeRequest, makeRoute } from '../../../test/support/core.ts';
import type { Allow } from '../../core/decision.ts';
import type { SpanMaker, Wait } from './spans.ts';
import { Tracing } from './tracing.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const UNSAMPLED = TRACEPARENT.replace(/1$/, '0');
const ALLOWED: Allow = {
  outcome: 'allow',
  route: makeRoute(),
  credential: makeCredential(),
  shadowed: undefined,
  keepMs: 0,
};
const WAITED = { waited: true, tookMs: 1 };

/** Tracing with the spans that ended, in this order. */
function trace(ratio = 0, random = 0.5) {
  const ended: { name: string; parent: string | undefined; waits: readonly Wait[] }[] = [];
  let spans = 0;
  const maker: SpanMaker = {
    begin: (name, parent) => {
      const spanId = `span-${(spans += 1)}`;
      return {
        traceId: 'trace',
        spanId,
        end: (_endMs, waits) => void ended.push({ name, parent: parent?.spanId, waits }),
      };
    },
  };
  const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
  const tracing = new Tracing({ clock, random: () => random });
  tracing.reconfigure(maker, ratio);
  return { tracing, ended };
}

describe('Tracing', () => {
  it.each([
    [TRACEPARENT, 0, 1],
    [UNSAMPLED, 0, 0],
    [UNSAMPLED, 1, 0],
    [undefined, 0, 0],
    [undefined, 0.4, 0],
    [undefined, 0.6, 1],
    ['no traceparent', 0, 0],
    [`${TRACEPARENT},${TRACEPARENT}`, 0, 0],
  ])('for traceparent %j and the ratio %d makes %d spans', (traceparent, ratio, count) => {
    const { tracing, ended } = trace(ratio);
    expect(tracing.decided(makeRequest({ traceparent }), ALLOWED) === undefined).toBe(count === 0);
    expect(ended).toHaveLength(count);
  });

  it('decides once whether a decision that waits begins a trace', async () => {
    const { tracing, ended } = trace(0.4);
    const request = makeRequest();
    await tracing.follow(request, 0, async () => tracing.decided(request, ALLOWED, WAITED));
    expect(ended).toEqual([]);
  });

  it('records what a decision waits for, also what fails or outlives it', async () => {
    const { tracing, ended } = trace();
    const request = makeRequest({ traceparent: TRACEPARENT });
    let late: Promise<void> | undefined;
    await tracing.follow(request, 0, async () => {
      await tracing.io('read account', async () => expect(tracing.current?.spanId).toBe('span-1'));
      await tracing.io('fetch key set', () => Promise.reject(new TypeError('x'))).catch(() => undefined);
      late = tracing.io('read revocation set', () => turn());
      tracing.decided(request, ALLOWED, WAITED);
      expect(tracing.current).toBeUndefined();
      await tracing.io('hash password', async () => undefined);
    });
    const waits = ended[0]?.waits.map(({ io, failure, endMs }) => [io, failure, endMs === undefined]);
    expect(waits).toEqual([
      ['read account', undefined, false],
      ['fetch key set', 'TypeError', false],
      ['read revocation set', undefined, true],
    ]);
    await late;
  });

  it('puts the decisions of one call below a span of the call', async () => {
    const { tracing, ended } = trace();
    const requests = [1, 2].map(() => makeRequest({ traceparent: TRACEPARENT }));
    await tracing.followAll(requests, 0, async () => {
      await tracing.io('read revocation set', async () => undefined);
      for (const request of requests) tracing.decided(request, ALLOWED, WAITED);
    });
    expect(ended.map(({ name, parent, waits }) => [name, parent, waits.length])).toEqual([
      ['authorize', 'span-1', 0],
      ['authorize', 'span-1', 0],
      ['authorize many', 'b7ad6b7169203331', 1],
    ]);
  });

  it('keeps what a decision waits for within its span, although the wall clock is set back meanwhile', async () => {
    const times: number[] = [];
    const maker: SpanMaker = {
      begin: (_name, _parent, startMs) => {
        times.push(startMs);
        return {
          traceId: 'trace',
          spanId: 'span',
          end: (endMs, [wait]) => void times.push(wait?.startMs ?? Number.NaN, wait?.endMs ?? Number.NaN, endMs),
        };
      },
    };
    let now = 0;
    let setMs = 0;
    const clock = { wallMs: () => 1e12 + now + setMs, monotonicMs: () => now };
    const tracing = new Tracing({ clock, originMs: 1e12 });
    tracing.reconfigure(maker, 0);
    const request = makeRequest({ traceparent: TRACEPARENT });
    await tracing.follow(request, 0, async () => {
      now = 1;
      await tracing.io('read account', async () => void (now = 2));
      setMs = -3_600_000;
      now = 3;
      tracing.decided(request, ALLOWED, WAITED);
    });
    expect(times).toEqual([1e12, 1e12 + 1, 1e12 + 2, 1e12 + 3]);
  });

  it('ends with a configuration that traces nothing', async () => {
    const { tracing, ended } = trace();
    tracing.reconfigure(undefined, 0);
    const request = makeRequest({ traceparent: TRACEPARENT });
    await tracing.follow(request, 0, async () => tracing.io('read account', async () => undefined));
    expect([tracing.decided(request, ALLOWED), ended]).toEqual([undefined, []]);
  });
});
