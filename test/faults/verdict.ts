import type { Stall } from './stalls.ts';
import type { Side } from './world.ts';

/** The status of a message that passed. */
export const PASSED = 202;
const UNAVAILABLE = 503;
/** How long everything must pass until the recovery is complete. */
const STEADY_MS = 1_000;
/** How long the effects of a stall last: late heartbeats, and requests that time out. */
const AFTERMATH_MS = 2_000;
/** A good request that takes longer indicates a fault. */
const SLOW_MS = 500;

/** One revocation; all times are of one monotonic clock, in milliseconds. */
export interface Revocation {
  /** The token's. */
  readonly id: string;
  readonly way: 'api' | 'hand';
  readonly sentMs: number;
  /** When its response arrived or was given up. */
  readonly endedMs: number;
  /** A status, or the message of Redis or of the connection. */
  readonly answer: number | string;
  /** Whether it succeeded. If not, it may or may not have taken effect. */
  readonly isAcknowledged: boolean;
}

/** One request through an Envoy. */
export interface Check {
  readonly side: Side;
  /** `known`: good and cached; `fresh`: good and new; `watched`: revoked, or revoked soon. */
  readonly kind: 'known' | 'fresh' | 'watched';
  /** The token's. */
  readonly id: string;
  /** Before it was sent, so the decision begins later. */
  readonly sentMs: number;
  readonly endedMs: number;
  /** 0 without a response. */
  readonly status: number;
  readonly body: string;
  /** Whether it passed by an answer that Envoy had kept. */
  readonly isKept?: boolean;
}

/** Which requests may be `unavailable` at a side from fault to recovery: none, those that need Redis, or all. */
export type Darkness = 'nothing' | 'unknown' | 'all';

/** The events around one fault. */
export interface Course {
  readonly revocations: readonly Revocation[];
  readonly checks: readonly Check[];
  readonly darkness: Readonly<Record<Side, Darkness>>;
  readonly struckMs: number;
  readonly healedMs: number;
  /** When both feeds were fresh again. */
  readonly feedsFreshMs: number;
  /** When an instance first logged the fault; `Infinity` if none did. */
  readonly saidMs: number;
  /** When the machine was too busy to attribute failures. */
  readonly stalls: readonly Stall[];
  readonly maxStalenessMs: number;
}

export interface Verdict {
  readonly acknowledged: { readonly api: number; readonly hand: number };
  /** The number of requests with a revoked token that were sent after the bound. */
  readonly tried: number;
  /** Those of them that passed, each in words. */
  readonly passedLate: readonly string[];
  /** Requests that passed, and those of them that passed by a kept answer. */
  readonly passes: number;
  readonly keptPasses: number;
  /** From an acknowledgement until the last request that passed was sent; 0 if none passed. */
  readonly lastPassMs: number;
  /** Good requests, including revocations at A, that failed without an excuse, each in words. */
  readonly wronglyDenied: readonly string[];
  /** Good requests that failed during the outage. */
  readonly unavailable: number;
  /** Good requests that failed for an unknown reason while the machine stalled. */
  readonly unclear: number;
  /** From the fault until an instance logged it, or a good request failed or was slow; `Infinity` if none did. */
  readonly noticeMs: number;
  /** From the healing until everything passed again steadily and both feeds were fresh. */
  readonly recoverMs: number;
}

/** A request that should succeed. */
interface Good extends Pick<Check, 'side' | 'sentMs' | 'endedMs' | 'status' | 'body'> {
  readonly what: string;
  /** Whether an instance with a live feed can answer it without Redis. */
  readonly isKnown: boolean;
  readonly failed: boolean;
}

/** Judges the events; in doubt, in favour of Sallyport. */
export function judge(course: Course): Verdict {
  const { revocations, struckMs, healedMs } = course;
  const good = goodRequests(course);
  const recoveredMs = recoveryOf(course, good);
  const failed = good.filter((request) => request.failed);
  const excused = failed.filter((request) => isExcused(course, request, recoveredMs));
  const others = failed.filter((request) => !excused.includes(request));
  const wrong = others.filter((request) => !isInStall(course, request));
  const afterwards = checksAfterAcknowledgement(course);
  const late = afterwards.filter(({ sinceMs }) => sinceMs > course.maxStalenessMs);
  const acknowledged = (of: Revocation['way']) =>
    revocations.filter(({ way, isAcknowledged }) => way === of && isAcknowledged).length;
  return {
    acknowledged: { api: acknowledged('api'), hand: acknowledged('hand') },
    tried: late.length,
    passedLate: late
      .filter(hasPassed)
      .map(({ check, sinceMs }) => `${check.id} at ${check.side}, ${sinceMs.toFixed(0)} ms after it was acknowledged`),
    passes: course.checks.filter((check) => check.status === PASSED).length,
    keptPasses: course.checks.filter((check) => check.isKept === true).length,
    lastPassMs: Math.max(0, ...afterwards.filter(hasPassed).map(({ sinceMs }) => sinceMs)),
    wronglyDenied: wrong.map(
      ({ what, side, status, body, sentMs }) =>
        `${what} at ${side}: ${status} ${codeOf(body)}, ${(sentMs - struckMs).toFixed(0)} ms after the fault`,
    ),
    unavailable: excused.length,
    unclear: others.length - wrong.length,
    noticeMs: noticeOf(course, good) - struckMs,
    recoverMs: Math.max(0, recoveredMs - healedMs),
  };
}

function goodRequests({ checks, revocations }: Course): Good[] {
  const asked = checks.filter(({ kind }) => kind !== 'watched');
  const revoked = revocations.filter(({ way }) => way === 'api');
  return [
    ...asked.map((check) => ({
      ...check,
      what: `${check.kind} token`,
      isKnown: check.kind === 'known',
      failed: check.status !== PASSED,
    })),
    ...revoked.map(({ sentMs, endedMs, answer, isAcknowledged }) => ({
      side: 'a' as const,
      sentMs,
      endedMs,
      status: typeof answer === 'number' ? answer : 0,
      body: String(answer),
      what: 'revocation',
      isKnown: false,
      failed: !isAcknowledged,
    })),
  ];
}

/** Whether the fault excuses a failure: only `unavailable` is excused, and only where and while the fault allows it. */
function isExcused({ darkness, struckMs }: Course, request: Good, recoveredMs: number): boolean {
  const dark = darkness[request.side];
  const mayFail = dark === 'all' || (dark === 'unknown' && !request.isKnown);
  return mayFail && request.status === UNAVAILABLE && request.endedMs >= struckMs && request.sentMs <= recoveredMs;
}

function isInStall({ stalls }: Course, { sentMs, endedMs }: Good): boolean {
  return stalls.some(({ fromMs, toMs }) => fromMs <= endedMs && sentMs <= toMs + AFTERMATH_MS);
}

/** Returns the first time after the healing from which everything passes for a while. */
function recoveryOf(course: Course, good: readonly Good[]): number {
  const failed = good.filter((request) => request.failed && isExcused(course, request, Infinity));
  let fromMs = Math.max(course.healedMs, course.feedsFreshMs);
  for (const { sentMs } of failed.toSorted((left, right) => left.sentMs - right.sentMs)) {
    if (sentMs >= fromMs && sentMs < fromMs + STEADY_MS) fromMs = sentMs + 1;
  }
  return fromMs;
}

function noticeOf({ struckMs, saidMs }: Course, good: readonly Good[]): number {
  const signs = good.flatMap(({ failed, sentMs, endedMs }) => {
    if (endedMs < struckMs) return [];
    return [failed ? endedMs : Infinity, endedMs - sentMs > SLOW_MS ? Math.max(sentMs, struckMs) + SLOW_MS : Infinity];
  });
  return Math.min(saidMs, ...signs);
}

function checksAfterAcknowledgement({ revocations, checks }: Course) {
  const acknowledged = revocations.filter(({ isAcknowledged }) => isAcknowledged);
  const endedMs = new Map(acknowledged.map((revocation) => [revocation.id, revocation.endedMs]));
  return checks.flatMap((check) => {
    const sinceMs = check.sentMs - (endedMs.get(check.id) ?? Infinity);
    return sinceMs > 0 ? [{ check, sinceMs }] : [];
  });
}

/** Returns the reason of a refusal: one of ours, or the message of Envoy or of a connection. */
function codeOf(body: string): string {
  return /"code":"(\w+)"/.exec(body)?.[1] ?? body;
}

function hasPassed({ check }: { readonly check: Check }): boolean {
  return check.status === PASSED;
}
