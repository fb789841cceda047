import type { Stall } from './stalls.ts';
import type { Side } from './world.ts';

/** The answer to a message that was let through. */
export const PASSED = 202;
const UNAVAILABLE = 503;
/** How long everything must pass again before it counts as recovered. */
const STEADY_MS = 1_000;
/** How long a stall of the machine is felt: beats are late, and questions run out of time. */
const AFTERMATH_MS = 2_000;
/** A good request that takes longer is a sign that something is wrong. */
const SLOW_MS = 500;

/** One revocation; all times are of one monotonic clock, in milliseconds. */
export interface Revocation {
  /** The token's. */
  readonly id: string;
  readonly way: 'api' | 'hand';
  readonly sentMs: number;
  /** When its answer was in our hands, or was given up. */
  readonly endedMs: number;
  /** A status, or what Redis or the connection said. */
  readonly answer: number | string;
  /** Whether that was success. Where it was not, it may have been done or not. */
  readonly isAcknowledged: boolean;
}

/** One request through an Envoy. */
export interface Check {
  readonly side: Side;
  /** `known`: good, and seen before; `fresh`: good, and never seen before; `watched`: about to be revoked, or revoked. */
  readonly kind: 'known' | 'fresh' | 'watched';
  /** The token's. */
  readonly id: string;
  /** Before it left us: the decision begins later. */
  readonly sentMs: number;
  readonly endedMs: number;
  /** 0 where nothing was answered. */
  readonly status: number;
  readonly body: string;
}

/** What may be `unavailable` at a side from the fault until the recovery: nothing, what needs Redis to be asked, or all. */
export type Darkness = 'nothing' | 'unknown' | 'all';

/** What happened around one fault. */
export interface Course {
  readonly revocations: readonly Revocation[];
  readonly checks: readonly Check[];
  readonly darkness: Readonly<Record<Side, Darkness>>;
  readonly struckMs: number;
  readonly healedMs: number;
  /** When the feeds of both were seen to be fresh again. */
  readonly feedsFreshMs: number;
  /** When one of the instances first said something about the fault; `Infinity` where none did. */
  readonly saidMs: number;
  /** When the machine was too busy to tell whose fault a failure is. */
  readonly stalls: readonly Stall[];
  readonly maxStalenessMs: number;
}

export interface Verdict {
  readonly acknowledged: { readonly api: number; readonly hand: number };
  /** Requests with a revoked token that were sent later than the bound: what the promise was tried with. */
  readonly tried: number;
  /** Those of them that passed, each in words. */
  readonly passedLate: readonly string[];
  /** From an acknowledgement until the last request that passed was sent; 0 where none passed. */
  readonly lastPassMs: number;
  /** Good requests, revocations at A included, that failed where nothing excuses them, each in words. */
  readonly wronglyDenied: readonly string[];
  /** Good requests that failed during the outage. */
  readonly unavailable: number;
  /** Those that failed while the machine stalled, and nobody knows why. */
  readonly unclear: number;
  /** From the fault until an instance said so, or a good request failed or was slow; `Infinity` where none did. */
  readonly noticeMs: number;
  /** From the healing until everything passed again steadily and both feeds were fresh. */
  readonly recoverMs: number;
}

/** A request that is to succeed. */
interface Good extends Pick<Check, 'side' | 'sentMs' | 'endedMs' | 'status' | 'body'> {
  readonly what: string;
  /** Whether an instance whose feed lives can answer it without Redis. */
  readonly isKnown: boolean;
  readonly failed: boolean;
}

/** Judges; where two readings are possible, in favour of Sallyport. */
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

/** Nothing but `unavailable` is excused, and only where and while it may be. */
function isExcused({ darkness, struckMs }: Course, request: Good, recoveredMs: number): boolean {
  const dark = darkness[request.side];
  const mayFail = dark === 'all' || (dark === 'unknown' && !request.isKnown);
  return mayFail && request.status === UNAVAILABLE && request.endedMs >= struckMs && request.sentMs <= recoveredMs;
}

function isInStall({ stalls }: Course, { sentMs, endedMs }: Good): boolean {
  return stalls.some(({ fromMs, toMs }) => fromMs <= endedMs && sentMs <= toMs + AFTERMATH_MS);
}

/** The first moment after the healing from which everything passes for a while. */
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

/** Whose refusal it is: a reason of ours, or what Envoy or a connection says. */
function codeOf(body: string): string {
  return /"code":"(\w+)"/.exec(body)?.[1] ?? body;
}

function hasPassed({ check }: { readonly check: Check }): boolean {
  return check.status === PASSED;
}
