import { randomBytes } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { Attributes, OtlpReceiver, ReceivedSpan } from './receiver.ts';

/** Long, because the machine may be busy; no test waits for as long as this. */
const WAIT = { timeout: 60_000, interval: 50 };

/** A trace that a client begins. */
export function newTrace(): { readonly traceparent: string; readonly traceId: string } {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` };
}

/** Waits until a service has sent this many spans of a trace, and returns all of these. */
export async function spansOf(
  receiver: OtlpReceiver,
  traceId: string,
  service: string,
  count: number,
): Promise<ReceivedSpan[]> {
  const own = () => receiver.spans.filter((span) => span.traceId === traceId && span.service === service);
  await vi.waitUntil(() => own().length >= count, WAIT);
  return own();
}

/** Waits for the spans of the decisions in a trace. */
export async function decisionsOf(receiver: OtlpReceiver, traceId: string): Promise<ReceivedSpan[]> {
  const own = () => receiver.spans.filter((span) => span.traceId === traceId && span.name === 'authorize');
  await vi.waitUntil(() => own().length > 0, WAIT);
  return own();
}

/** What a span says, without what differs each time. */
export interface SaidSpan {
  readonly name: string | undefined;
  readonly kind?: number;
  readonly failed: boolean | undefined;
  readonly attributes: Attributes | undefined;
}

/** Waits for the span of the only decision in a trace, and returns it with all that the decision waited for. */
export async function saidOf(receiver: OtlpReceiver, traceId: string): Promise<SaidSpan[]> {
  const [decision] = await decisionsOf(receiver, traceId);
  const waits = receiver.spans.filter((span) => span.parentSpanId === decision?.spanId);
  expect(waits.every((wait) => isWithin(wait, decision))).toBe(true);
  const { name, failed, attributes } = decision ?? {};
  return [
    { name, failed, attributes },
    ...waits.map((wait) => ({
      name: wait.name,
      kind: wait.kind,
      failed: wait.failed,
      attributes: wait.attributes,
    })),
  ];
}

/** @param toleranceNs for spans of two processes, whose clocks differ. */
export function isWithin(inner: ReceivedSpan, outer: ReceivedSpan | undefined, toleranceNs = 0n): boolean {
  if (outer === undefined || inner.start > inner.end) return false;
  return inner.start + toleranceNs >= outer.start && inner.end <= outer.end + toleranceNs;
}
