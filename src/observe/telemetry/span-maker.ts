import type { Attributes, Context, Tracer } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import {
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';
import type { StoreConfig } from '../../config/config.ts';
import type { Io } from '../../core/ports.ts';
import type { DecisionFacts } from '../tracing/decision-facts.ts';
import type { OpenSpan, SpanMaker, Wait } from '../tracing/spans.ts';

/** A wait that a decision did not see the end of. */
const TIMEOUT = 'timeout';

/** Makes spans with OpenTelemetry. @param store a store in memory is read without input or output. */
export function createSpanMaker(tracer: Tracer, store: StoreConfig['kind']): SpanMaker {
  const reads = store === 'memory' ? undefined : { [ATTR_DB_SYSTEM_NAME]: store };
  return {
    begin: (name, parent, startMs) => {
      const kind = name === 'authorize' ? SpanKind.SERVER : SpanKind.INTERNAL;
      const span = tracer.startSpan(name, { kind, startTime: startMs }, contextOf(parent));
      const { traceId, spanId } = span.spanContext();
      return {
        traceId,
        spanId,
        end: (endMs, waits, facts) => {
          for (const wait of waits) addWait(tracer, trace.setSpan(ROOT_CONTEXT, span), wait, endMs, reads);
          if (facts !== undefined) span.setAttributes(attributesOf(facts));
          if (facts?.outcome === 'deny' && facts.reason === 'unavailable') {
            span.setStatus({ code: SpanStatusCode.ERROR });
            span.setAttribute(ATTR_ERROR_TYPE, facts.reason);
          }
          span.end(endMs);
        },
      } satisfies OpenSpan;
    },
  };
}

function contextOf(parent: Parameters<SpanMaker['begin']>[1]): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

/** Leaves out what is not known. */
function attributesOf({
  door,
  method,
  route,
  scope,
  outcome,
  reason,
  scheme,
  issuer,
  known,
}: DecisionFacts): Attributes {
  return {
    'sallyport.door': door,
    'sallyport.outcome': outcome,
    'sallyport.known': known,
    ...(reason === undefined ? {} : { 'sallyport.reason': reason }),
    ...(scheme === undefined ? {} : { 'sallyport.scheme': scheme }),
    ...(issuer === undefined ? {} : { 'sallyport.issuer': issuer }),
    ...(scope === undefined ? {} : { 'sallyport.scope': scope }),
    ...(method === undefined ? {} : { [ATTR_HTTP_REQUEST_METHOD]: method }),
    ...(route === undefined ? {} : { [ATTR_HTTP_ROUTE]: route }),
  };
}

function addWait(tracer: Tracer, parent: Context, wait: Wait, decidedMs: number, reads: Attributes | undefined): void {
  const { io, startMs, endMs = decidedMs, failure = wait.endMs === undefined ? TIMEOUT : undefined } = wait;
  const described = describeIo(io, reads);
  if (described === undefined) return;
  const span = tracer.startSpan(io, { ...described, startTime: startMs }, parent);
  if (failure !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute(ATTR_ERROR_TYPE, failure);
  }
  span.end(endMs);
}

function describeIo(io: Io, reads: Attributes | undefined): { kind: SpanKind; attributes: Attributes } | undefined {
  switch (io) {
    case 'read revocation set':
    case 'read API key':
    case 'read account':
      return reads && { kind: SpanKind.CLIENT, attributes: reads };
    case 'fetch key set':
      return { kind: SpanKind.CLIENT, attributes: { [ATTR_HTTP_REQUEST_METHOD]: 'GET' } };
    case 'introspect token':
    case 'ask decision point':
      return { kind: SpanKind.CLIENT, attributes: { [ATTR_HTTP_REQUEST_METHOD]: 'POST' } };
    case 'check proof':
    case 'hash password':
      return { kind: SpanKind.INTERNAL, attributes: {} };
  }
}
