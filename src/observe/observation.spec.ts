import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { configOf } from '../../test/support/config.ts';
import { makeFreshness, makeRequest } from '../../test/support/core.ts';
import { type Exposition, parseExposition } from '../../test/support/exposition.ts';
import type { Config } from '../config/config.ts';
import { deny } from '../core/decision.ts';
import { StoreError } from '../core/ports.ts';
import { Observation } from './observation.ts';

const LOG: Config['log'] = { level: 'info', passes: 0, audit: undefined };
const STARTED_MS = Date.UTC(2026, 10, 22);

let nowMs: number;
let lines: Record<string, unknown>[];
let observation: Observation;
let scrape: () => Exposition;

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 1_000_000;
  lines = [];
  const clock = { wallMs: () => STARTED_MS + nowMs - 1_000_000, monotonicMs: () => nowMs };
  // Our own JSON.
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  observation = new Observation(LOG, { clock, destination });
  const metrics = observation.measure();
  scrape = () => parseExposition([...metrics.lines()].join(''));
});

afterEach(() => {
  observation.close();
  vi.useRealTimers();
});

describe('Observation of decisions', () => {
  it('counts every denial in a flood, and logs a bounded number', () => {
    for (let count = 0; count < 5_000; count++) {
      observation.events.decided(makeRequest(), deny('route_denied', undefined, 'route'));
    }
    vi.advanceTimersByTime(1_000);
    const labels = {
      door: 'ext-authz',
      outcome: 'deny',
      reason: 'route_denied',
      scheme: 'none',
      route: '',
      issuer: '',
    };
    expect(scrape().value('sallyport_decisions_total', labels)).toBe(5_000);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toMatchObject({ log: 'decision', outcome: 'denied', suppressed: 4_900 });
    expect(scrape().value('sallyport_log_suppressed_total', { log: 'decision' })).toBe(4_900);
  });

  it('has a series for every outcome and reason from the start', () => {
    expect(Object.values(scrape().all('sallyport_outcomes_total'))).toEqual(Array.from({ length: 27 }, () => 0));
    observation.events.decided(makeRequest(), deny('unavailable', undefined, 'route'));
    observation.events.decided(makeRequest({ door: 'tokens' }), deny('unavailable', undefined, 'route'));
    const seen = scrape();
    expect(seen.value('sallyport_outcomes_total', { outcome: 'deny', reason: 'unavailable' })).toBe(2);
    expect(seen.value('sallyport_outcomes_total', { outcome: 'allow', reason: '' })).toBe(0);
  });

  it('counts requests that passed by kept answers apart from decisions', () => {
    for (const passes of [3, 4]) observation.events.passedByKept('corporate', '/messages', passes);
    const seen = scrape();
    expect(seen.value('sallyport_kept_passes_total', { route: '/messages', issuer: 'corporate' })).toBe(7);
    expect(seen.value('sallyport_outcomes_total', { outcome: 'allow', reason: '' })).toBe(0);
  });

  it('counts the durations that it receives', () => {
    observation.events.decided(makeRequest(), deny('route_denied', undefined, 'route'), { waited: true, tookMs: 3 });
    expect(scrape().value('sallyport_decision_duration_seconds_count', { cache: 'miss' })).toBe(1);
    expect(scrape().value('sallyport_decision_duration_seconds_count', { cache: 'hit' })).toBe(0);
  });
});

describe('Observation of parts', () => {
  it('omits parts that are not there', () => {
    const seen = scrape();
    for (const name of ['sallyport_known_tokens', 'sallyport_standings', 'sallyport_feed_age_seconds']) {
      expect(seen.value(name)).toBeUndefined();
    }
    expect(observation.components()).not.toHaveProperty('feed');
    expect(observation.components()).not.toHaveProperty('keySets');
  });

  it('logs X-Forwarded-For from an untrusted peer once, counts it, and shows the last peer', () => {
    const count = (): number | undefined => scrape().value('sallyport_forwarded_for_ignored_total', { door: 'tokens' });
    expect(observation.components()).not.toHaveProperty('ignoredForwardedFor');
    expect(count()).toBeUndefined();
    for (const peer of ['192.0.2.9', '192.0.2.9', '192.0.2.10']) observation.events.forwardedForIgnored('tokens', peer);
    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', peer: '192.0.2.9', msg: expect.stringContaining('trustedProxies') }),
    ]);
    expect(count()).toBe(3);
    expect(observation.components().ignoredForwardedFor).toEqual([{ door: 'tokens', requests: 3, peer: '192.0.2.10' }]);
  });

  it('logs a gateway that is not trusted, although the door has ignored X-Forwarded-* of another peer', () => {
    observation.events.forwardedForIgnored('verify', '192.0.2.9');
    for (const peer of ['192.0.2.10', '192.0.2.11']) observation.events.gatewayNotTrusted('verify', peer);
    expect(lines).toMatchObject([{ peer: '192.0.2.9' }, { peer: '192.0.2.10', msg: expect.stringContaining('/auth') }]);
    expect(observation.components().ignoredForwardedFor).toEqual([{ door: 'verify', requests: 3, peer: '192.0.2.11' }]);
  });

  it('shows the current state of the caches', () => {
    const tokenCache = { size: 1, hits: 2, misses: 3 };
    observation.sources.tokenCache = tokenCache;
    observation.sources.standings = { size: 4, freshness: makeFreshness(), status: { feed: 'live', outage: false } };
    tokenCache.hits = 20;
    const seen = scrape();
    expect(seen.value('sallyport_known_tokens')).toBe(1);
    expect(seen.value('sallyport_known_token_lookups_total', { result: 'hit' })).toBe(20);
    expect(seen.value('sallyport_known_token_lookups_total', { result: 'miss' })).toBe(3);
    expect(seen.value('sallyport_standings')).toBe(4);
  });

  it.each([
    ['a feed that has just proved itself', 1_000_000, 0, { status: 'ok', ageSeconds: 0 }],
    ['a feed at the maximum staleness', 999_000, 1, { status: 'ok', ageSeconds: 1 }],
    ['a stale feed', 998_500, 1.5, { status: 'stale', ageSeconds: 1.5 }],
    ['an age to the millisecond', 999_999.9375, 6.25e-5, { status: 'ok', ageSeconds: 0 }],
    ['a feed that has never proved itself', -Infinity, Infinity, { status: 'stale' }],
    ['a set in the memory of the process', Infinity, undefined, { status: 'ok' }],
  ])('shows %s', (_what, heardUpToMs, ageSeconds, feed) => {
    const freshness = makeFreshness({ heardUpToMs, maxStalenessMs: 1_000 });
    observation.sources.standings = { size: 0, freshness, status: { feed: 'live', outage: false } };
    expect(scrape().value('sallyport_feed_age_seconds')).toBe(ageSeconds);
    expect(scrape().value('sallyport_feed_max_age_seconds')).toBe(1);
    expect(observation.components().feed).toEqual(feed);
  });

  it.each([
    [true, 1, { status: 'outage' }],
    [false, 0, { status: 'ok' }],
  ])('shows whether there is an outage: %j', (outage, value, revocations) => {
    observation.sources.standings = { size: 0, freshness: makeFreshness(), status: { feed: 'live', outage } };
    expect(scrape().value('sallyport_revocation_outage')).toBe(value);
    expect(observation.components().revocations).toEqual(revocations);
  });

  it('shows a lost set rather than an outage, and counts rewritten and vanished entries', () => {
    observation.sources.standings = { size: 0, freshness: makeFreshness(), status: { feed: 'live', outage: true } };
    const status = { lostSinceSeconds: STARTED_MS / 1_000, rewritten: 3, vanished: 4 };
    observation.sources.revocationSet = { status };
    expect(observation.components().revocations).toEqual({ status: 'lost', lostSince: '2026-11-22T00:00:00.000Z' });
    expect(scrape().value('sallyport_revocation_set_lost')).toBe(1);
    expect(scrape().value('sallyport_revocations_rewritten_total')).toBe(3);
    expect(scrape().value('sallyport_revocations_vanished_total')).toBe(4);
    observation.sources.revocationSet = { status: { ...status, lostSinceSeconds: undefined } };
    expect(observation.components().revocations).toEqual({ status: 'outage' });
    expect(scrape().value('sallyport_revocation_set_lost')).toBe(0);
  });

  it('logs that the set is lost and what to do, and that the loss was accepted', () => {
    const { revocationEvents: events } = observation;
    events.setLost(STARTED_MS / 1_000);
    events.entriesRewritten(3);
    events.entriesVanished(2);
    events.entriesVanished(5);
    events.setAccepted();
    expect(lines).toMatchObject([
      {
        level: 'error',
        since: '2026-11-22T00:00:00.000Z',
        msg: expect.stringContaining('sallyport store accept-loss'),
      },
      { level: 'warn', count: 3, msg: expect.stringContaining('written again') },
      { level: 'warn', count: 2, msg: expect.stringContaining('vanished before they expired') },
      { level: 'warn', msg: expect.stringContaining('accepted') },
    ]);
    vi.advanceTimersByTime(10_000);
    expect(lines.at(-1)).toMatchObject({ count: 5, repeated: 1 });
  });

  it('shows a disconnected feed, even while it is still fresh', () => {
    const freshness = makeFreshness({ heardUpToMs: 1_000_000, maxStalenessMs: 1_000 });
    observation.sources.standings = { size: 0, freshness, status: { feed: 'lost', outage: false } };
    expect(observation.components().feed).toEqual({ status: 'lost', ageSeconds: 0 });
  });

  it('shows the age and failures of key sets, and which are missing', () => {
    const states = [
      { issuer: 'corporate', ageSeconds: 12, maxAgeSeconds: 60, failures: 0 },
      { issuer: 'partner', ageSeconds: 900, maxAgeSeconds: 60, failures: 3 },
      { issuer: 'unseen', ageSeconds: undefined, maxAgeSeconds: 60, failures: 1 },
      { issuer: 'exposed', ageSeconds: undefined, maxAgeSeconds: 60, failures: 1, exposesKeys: true },
    ];
    observation.sources.keySets = { statuses: () => states };
    expect(scrape().all('sallyport_key_set_age_seconds')).toEqual({
      '{"issuer":"corporate"}': 12,
      '{"issuer":"partner"}': 900,
    });
    expect(Object.values(scrape().all('sallyport_key_set_failures'))).toEqual([0, 3, 1, 1]);
    expect(Object.values(scrape().all('sallyport_key_set_max_age_seconds'))).toEqual([60, 60, 60, 60]);
    expect(observation.components().keySets).toEqual([
      { issuer: 'corporate', status: 'ok', ageSeconds: 12, failures: 0 },
      { issuer: 'partner', status: 'failing', ageSeconds: 900, failures: 3 },
      { issuer: 'unseen', status: 'missing', failures: 1 },
      { issuer: 'exposed', status: 'missing', failures: 1, problem: 'private keys' },
    ]);
  });

  it.each([
    [false, 0, 'ok'],
    [true, 1, 'failing'],
  ])('shows the key that signs, since when, and whether the keys cannot be read: %j', (failing, value, status) => {
    expect(observation.components()).not.toHaveProperty('signingKeys');
    observation.sources.ownKeys = { state: { kid: 'k', sinceSeconds: 1_800_000_000, failing } };
    expect(scrape().value('sallyport_signing_key_since_timestamp_seconds')).toBe(1_800_000_000);
    expect(scrape().value('sallyport_signing_keys_failing')).toBe(value);
    const signingKeys = { status, kid: 'k', since: '2027-01-15T08:00:00.000Z' };
    expect(observation.components().signingKeys).toEqual(signingKeys);
  });

  it('shows the outcomes of introspection requests, and which servers fail', () => {
    const requests = { active: 5, inactive: 1, failed: 3, unasked: 2 };
    const states = [
      { issuer: 'legacy', failures: 0, requests },
      { issuer: 'other', failures: 3, requests: { active: 0 } },
      { issuer: 'gone', failures: 0, trouble: 'unreachable', requests: {} },
      { issuer: 'wrong', failures: 1, trouble: 'credentials refused', requests: {} },
    ] as const;
    expect(observation.components()).not.toHaveProperty('introspection');
    observation.sources.introspection = { statuses: () => states };
    const { introspection } = observation.components();
    expect(introspection).toEqual([
      { issuer: 'legacy', status: 'ok', failures: 0 },
      { issuer: 'other', status: 'failing', failures: 3 },
      { issuer: 'gone', status: 'failing', failures: 0 },
      { issuer: 'wrong', status: 'misconfigured', failures: 1 },
    ]);
    const failed = { issuer: 'legacy', outcome: 'failed' };
    expect(scrape().value('sallyport_introspections_total', failed)).toBe(3);
    expect(Object.values(scrape().all('sallyport_introspections_total'))).toEqual([5, 1, 3, 2, 0]);
    expect(Object.values(scrape().all('sallyport_introspection_failures'))).toEqual([0, 3, 0, 1]);
  });

  it("counts the store's failures separately, logs the first, and shows the store as ok after ten seconds", () => {
    const failure = new Error('no answer', { cause: new StoreError('it is closed') });
    for (let count = 0; count < 3; count++) observation.events.failed(failure);
    observation.events.callFailed('POST /x', new TypeError('a bug'));
    expect(scrape().value('sallyport_store_errors_total')).toBe(3);
    expect(scrape().value('sallyport_internal_errors_total')).toBe(1);
    expect(lines).toMatchObject([
      { level: 'error', part: 'store', cause: 'no answer: it is closed' },
      { level: 'error', part: 'other', call: 'POST /x', cause: 'a bug' },
    ]);
    expect(observation.components().store).toEqual({ status: 'failing', errors: 3 });
    nowMs += 10_000;
    vi.advanceTimersByTime(10_000);
    expect(observation.components().store).toEqual({ status: 'ok', errors: 3 });
    expect(lines).toHaveLength(3);
    expect(lines.at(-1)).toMatchObject({ part: 'store', repeated: 2 });
    expect(scrape().value('sallyport_log_suppressed_total', { log: 'app' })).toBe(2);
  });

  it('shows whether the configuration file is in force, and since when', () => {
    const shown = (): unknown[] => {
      const seen = scrape();
      return [
        seen.value('sallyport_config_last_reload_successful'),
        seen.value('sallyport_config_last_reload_success_timestamp_seconds'),
        observation.components().config,
      ];
    };
    const since = '2026-11-22T00:00:00.000Z';
    expect(shown()).toEqual([1, STARTED_MS / 1_000, { status: 'ok', takenAt: since }]);
    nowMs += 60_000;
    observation.events.reloadRefused('3:1: unknown key');
    expect(shown()).toEqual([0, STARTED_MS / 1_000, { status: 'refused', takenAt: since }]);
    expect(lines.at(-1)).toMatchObject({ log: 'app', level: 'error', why: '3:1: unknown key' });
    observation.events.reloaded([]);
    const later = { status: 'ok', takenAt: '2026-11-22T00:01:00.000Z' };
    expect(shown()).toEqual([1, STARTED_MS / 1_000 + 60, later]);
  });
});

describe('Observation of the process', () => {
  it('shows its CPU, memory and event loop', () => {
    const seen = scrape();
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']) {
      expect(seen.value(name)).toBeGreaterThan(0);
    }
    for (const statistic of ['mean', 'p99', 'max']) {
      expect(seen.value('nodejs_eventloop_delay_seconds', { statistic })).toBeGreaterThanOrEqual(0);
    }
    const build = Object.keys(seen.all('sallyport_build_info'));
    expect(build).toEqual([expect.stringMatching(/^\{"node":"v\d+\.\d+\.\d+","version":"\d+\.\d+\.\d+"\}$/)]);
  });
});

describe('Observation of the instance', () => {
  it('shows whether it is ready', () => {
    const { health } = observation;
    expect(scrape().value('sallyport_ready')).toBe(0);
    health.ready();
    expect(scrape().value('sallyport_ready')).toBe(1);
    health.stopping();
    expect(scrape().value('sallyport_ready')).toBe(0);
  });

  it('shows whether the file needs a restart, until a reload of one that does not', () => {
    expect(scrape().value('sallyport_config_restart_needed')).toBe(0);
    observation.events.reloaded(['listen.extAuthz.address']);
    expect(scrape().value('sallyport_config_restart_needed')).toBe(1);
    expect(observation.components().config).toMatchObject({ status: 'ok', needRestart: ['listen.extAuthz.address'] });
    observation.events.reloaded([]);
    expect(scrape().value('sallyport_config_restart_needed')).toBe(0);
    expect(observation.components().config).not.toHaveProperty('needRestart');
  });

  it('shows the tokens that end soon, once they are counted', () => {
    expect(scrape().all('sallyport_tokens_ending')).toEqual({});
    observation.sources.endingTokens = { counts: [{ use: 'private', within: '7d', tokens: 3 }] };
    expect(scrape().all('sallyport_tokens_ending')).toEqual({ '{"use":"private","within":"7d"}': 3 });
  });
});

describe('Observation.reconfigure()', () => {
  it('shows the configuration in force', () => {
    expect(scrape().value('sallyport_config_hash')).toBeUndefined();
    const basic = { routes: true, sunsetMs: Date.UTC(2027, 5, 30) };
    observation.reconfigure({ ...configOf(''), basic });
    expect(scrape().value('sallyport_config_hash')).toBeGreaterThan(0);
    expect(scrape().value('sallyport_basic_sunset_timestamp_seconds')).toBe(Date.UTC(2027, 5, 30) / 1_000);
    observation.reconfigure(configOf(''));
    expect(scrape().value('sallyport_basic_sunset_timestamp_seconds')).toBeUndefined();
  });

  it('applies the level and the share of passes', () => {
    const pass = { outcome: 'allow', route: undefined, credential: undefined, shadowed: undefined, keepMs: 0 } as const;
    observation.reconfigure({ ...configOf(''), log: { ...LOG, passes: 1 } });
    observation.events.decided(makeRequest(), pass);
    expect(lines).toMatchObject([{ log: 'decision', msg: 'allowed' }]);
    observation.reconfigure({ ...configOf(''), log: { ...LOG, level: 'error', passes: 1 } });
    observation.events.decided(makeRequest(), pass);
    expect(lines).toHaveLength(1);
  });
});

describe('Observation.close()', () => {
  it('logs the remaining lines, and that the process stops', () => {
    for (let count = 0; count < 2; count++) observation.events.failed(new Error('no keys'));
    for (let count = 0; count < 101; count++) {
      observation.events.decided(makeRequest(), deny('route_denied', undefined, 'route'));
    }
    observation.health.ready();
    observation.close();
    expect(lines.slice(-3)).toMatchObject([{ suppressed: 1 }, { repeated: 1 }, { msg: 'stopped' }]);
  });
});
