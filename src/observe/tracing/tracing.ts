import { AsyncLocalStorage } from 'node:async_hooks';
import type { Decision } from '../../core/decision.ts';
import type { Clock, DecisionTracer, Io, Timing } from '../../core/ports.ts';
import type { AccessRequest } from '../../core/request.ts';
import { factsOf } from './decision-facts.ts';
import type { OpenSpan, SpanMaker, SpanName, Wait } from './spans.ts';
import type { TraceParent } from './traceparent.ts';
import { maySample, readTraceParent } from './traceparent.ts';
import { WallTimes } from './wall-times.ts';

/** A decision waits for a handful of answers. This bounds a bug. */
const MAX_WAITS = 32;

/** Names a span in a line of a log. */
export type SpanIds = Pick<OpenSpan, 'traceId' | 'spanId'>;

/** What one decision, or one call that asks for several, waits for. */
interface Trace {
  /** The decision's request; `undefined` for a call that asks for several decisions. */
  readonly request: AccessRequest | undefined;
  /** `undefined`: it is not sampled. */
  readonly span: OpenSpan | undefined;
  /** From the monotonic clock to Unix milliseconds. One for all its times, so that none is outside its parent. */
  readonly offsetMs: number;
  readonly waits: Wait[];
  /** What began in the meantime, such as a timer, may outlive the decision. */
  hasEnded: boolean;
}

export interface TracingParts {
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
  /** Roughly the Unix milliseconds at which the monotonic clock began. */
  readonly originMs?: number;
}

/**
 * Traces decisions. A decision has a span if its request belongs to a sampled trace; a share of the requests that belong
 * to none begins one. A decision that waits for nothing gets its span afterwards, so that deciding costs no more.
 */
export class Tracing implements DecisionTracer {
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly wall: WallTimes;
  private readonly running = new AsyncLocalStorage<Trace>();
  private spans: SpanMaker | undefined;
  private ratio = 0;
  private named: SpanIds | undefined;

  constructor({ clock, random = Math.random, originMs = performance.timeOrigin }: TracingParts) {
    this.clock = clock;
    this.random = random;
    this.wall = new WallTimes(clock, originMs);
  }

  /**
   * @param spans `undefined` ends tracing.
   * @param ratio the share of the requests without a trace that begin one, from 0 to 1.
   */
  reconfigure(spans: SpanMaker | undefined, ratio: number): void {
    this.spans = spans;
    this.ratio = ratio;
  }

  /** The span of the decision that waits or is logged just now, for the lines of logs. */
  get current(): SpanIds | undefined {
    if (this.named !== undefined) return this.named;
    const trace = this.running.getStore();
    return trace?.span === undefined || trace.hasEnded ? undefined : idsOf(trace.span);
  }

  follows(request: AccessRequest): boolean {
    return this.spans !== undefined && this.isCandidate(request);
  }

  follow<T>(request: AccessRequest, beganMs: number, rest: () => Promise<T>): Promise<T> {
    if (!this.follows(request)) return rest();
    return this.running.run(this.open(request, request, beganMs), rest);
  }

  async followAll<T>([request]: readonly AccessRequest[], beganMs: number, rest: () => Promise<T>): Promise<T> {
    if (this.spans === undefined || request === undefined || !this.isCandidate(request)) return rest();
    const trace = this.open(undefined, request, beganMs);
    try {
      return await this.running.run(trace, rest);
    } finally {
      trace.hasEnded = true;
      trace.span?.end(this.now(trace), trace.waits);
    }
  }

  async io<T>(io: Io, work: () => Promise<T>): Promise<T> {
    const trace = this.running.getStore();
    if (trace?.span === undefined || trace.hasEnded || trace.waits.length >= MAX_WAITS) return work();
    const startMs = this.now(trace);
    const wait: Wait = { io, startMs, endMs: undefined, failure: undefined };
    trace.waits.push(wait);
    try {
      return await work();
    } catch (error) {
      wait.failure = error instanceof Error ? error.name : 'unknown';
      throw error;
    } finally {
      wait.endMs = this.now(trace);
    }
  }

  /** Ends the span of a decision, if it has one, and returns its ids for the decision's line. */
  decided(request: AccessRequest, decision: Decision, timing?: Timing, beganMs?: number): SpanIds | undefined {
    if (this.spans === undefined) return undefined;
    const trace = this.traceOf(request, beganMs);
    if (trace?.span === undefined) return undefined;
    trace.hasEnded = true;
    trace.span.end(this.now(trace), trace.waits, factsOf(request, decision, timing?.waited !== true));
    return idsOf(trace.span);
  }

  /** Names a span that has ended in the lines that `write` writes. */
  name(span: SpanIds, write: () => void): void {
    this.named = span;
    try {
      write();
    } finally {
      this.named = undefined;
    }
  }

  /** A decision that did not wait has no trace yet. */
  private traceOf(request: AccessRequest, beganMs: number | undefined): Trace | undefined {
    if (!this.isCandidate(request)) return undefined;
    const running = this.running.getStore();
    return running?.request === request ? running : this.open(request, request, beganMs ?? this.clock.monotonicMs());
  }

  /** Cheap: most requests belong to no sampled trace. */
  private isCandidate({ traceparent }: AccessRequest): boolean {
    return this.ratio > 0 || (traceparent !== undefined && maySample(traceparent));
  }

  private open(request: AccessRequest | undefined, { traceparent }: AccessRequest, beganMs: number): Trace {
    const name = request === undefined ? 'authorize many' : 'authorize';
    const around = this.call();
    const offsetMs = around?.offsetMs ?? this.wall.offset();
    const span = this.begin(name, around, traceparent, beganMs + offsetMs);
    return { request, span, offsetMs, waits: [], hasEnded: false };
  }

  /** The call that asks for several decisions, within which this one is made. */
  private call(): Trace | undefined {
    const around = this.running.getStore();
    return around !== undefined && around.request === undefined && !around.hasEnded ? around : undefined;
  }

  private begin(name: SpanName, around: Trace | undefined, traceparent: string | undefined, startMs: number) {
    if (around !== undefined) return around.span && this.spans?.begin(name, around.span, startMs);
    const parent = readTraceParent(traceparent);
    return this.samples(parent) ? this.spans?.begin(name, parent, startMs) : undefined;
  }

  /** The Unix milliseconds in the trace's own time. */
  private now({ offsetMs }: Trace): number {
    return this.clock.monotonicMs() + offsetMs;
  }

  private samples(parent: TraceParent | undefined): boolean {
    return parent === undefined ? this.ratio > 0 && this.random() < this.ratio : parent.isSampled;
  }
}

function idsOf({ traceId, spanId }: OpenSpan): SpanIds {
  return { traceId, spanId };
}
