import type { AnyValue, Context, Logger } from '@opentelemetry/api';
import { ROOT_CONTEXT, SeverityNumber, TraceFlags, trace } from '@opentelemetry/api';

const SEVERITIES: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** Returns a function that sends a line of a log: it was redacted when it was written, so nothing else can leak. */
export function createLineSender(logger: Logger): (line: string) => void {
  return (line) => {
    // Our own JSON.
    const { time, level, msg, traceId, spanId, ...attributes } = JSON.parse(line) as Record<string, AnyValue>;
    logger.emit({
      timestamp: new Date(String(time)),
      severityNumber: SEVERITIES[String(level)] ?? SeverityNumber.UNSPECIFIED,
      severityText: String(level),
      body: String(msg),
      attributes,
      ...(typeof traceId === 'string' && typeof spanId === 'string' ? { context: contextOf(traceId, spanId) } : {}),
    });
  };
}

function contextOf(traceId: string, spanId: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
}
