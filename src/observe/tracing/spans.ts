import type { Io } from '../../core/ports.ts';
import type { DecisionFacts } from './decision-facts.ts';
import type { TraceParent } from './traceparent.ts';

/** Makes the spans. Times are Unix milliseconds with fractions. */
export interface SpanMaker {
  /** @param parent `undefined` begins a trace. */
  begin(name: SpanName, parent: Pick<TraceParent, 'traceId' | 'spanId'> | undefined, startMs: number): OpenSpan;
}

/** `authorize many`: a call that asks for several decisions, each of which has a span below it. */
export type SpanName = 'authorize' | 'authorize many';

/** A span that is not sent before it ends. */
export interface OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** @param facts of the decision; `undefined` for a span of several. */
  end(endMs: number, waits: readonly Wait[], facts?: DecisionFacts): void;
}

/** Input or output that a decision waited for. */
export interface Wait {
  readonly io: Io;
  readonly startMs: number;
  /** `undefined` if the decision did not wait for its end. */
  endMs: number | undefined;
  /** What failed, in one word. */
  failure: string | undefined;
}
