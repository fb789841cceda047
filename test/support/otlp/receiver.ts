import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';

const PROTO = fileURLToPath(new URL('./otlp.proto', import.meta.url));
const MESSAGES = { '/v1/traces': 'otlp.Traces', '/v1/metrics': 'otlp.AllMetrics', '/v1/logs': 'otlp.Logs' } as const;

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface ReceivedSpan {
  /** `service.name` of the sender. */
  readonly service: string;
  readonly resource: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  /** Unix nanoseconds. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Attributes;
  readonly failed: boolean;
}

export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** By series as Prometheus writes them: a histogram has `_bucket`, `_sum` and `_count`. */
  readonly samples: readonly { readonly name: string; readonly labels: Attributes; readonly value: number }[];
}

/** What one export of metrics holds. */
export interface ReceivedMetrics {
  readonly resource: Attributes;
  readonly metrics: readonly ReceivedMetric[];
}

export interface ReceivedRecord {
  readonly resource: Attributes;
  readonly severity: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
}

/** How it answers: `hang` never answers. */
export type Behaviour = 'accept' | 'hang' | { readonly status: number };

/** A receiver of OTLP over HTTP with what it received so far. */
export class OtlpReceiver {
  behaviour: Behaviour = 'accept';
  readonly spans: ReceivedSpan[] = [];
  readonly exports: ReceivedMetrics[] = [];
  readonly records: ReceivedRecord[] = [];
  readonly resources: Attributes[] = [];
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
  private readonly definitions = loadSync(PROTO, { keepCase: true, longs: String, defaults: true, arrays: true });
  private readonly server = createServer((request, response) => {
    void buffer(request).then((body) => {
      this.receive(request.url ?? '', request.headers, body, response);
    });
  });

  async listen(): Promise<this> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  get url(): string {
    // It listens on TCP.
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The metrics of the last export. */
  get metrics(): readonly ReceivedMetric[] {
    return this.exports.at(-1)?.metrics ?? [];
  }

  /** Ends also what hangs. */
  breakConnections(): void {
    this.server.closeAllConnections();
  }

  close(): void {
    this.server.close().closeAllConnections();
  }

  private receive(path: string, headers: IncomingHttpHeaders, body: Buffer, response: ServerResponse): void {
    const { behaviour } = this;
    this.requests.push({ path, headers, body });
    if (behaviour === 'hang') return;
    if (behaviour === 'accept') this.read(path, body);
    response.writeHead(behaviour === 'accept' ? 200 : behaviour.status, { 'content-type': 'application/x-protobuf' });
    response.end();
  }

  private read(path: string, body: Buffer): void {
    if (path === '/v1/traces') {
      for (const { resource, scope_spans } of this.decode<WireTraces>(path, body).resource_spans) {
        const attributes = readAttributes(resource.attributes);
        this.resources.push(attributes);
        this.spans.push(...scope_spans.flatMap(({ spans }) => spans.map((span) => readSpan(span, attributes))));
      }
    } else if (path === '/v1/metrics') {
      for (const { resource, scope_metrics } of this.decode<WireMetrics>(path, body).resource_metrics) {
        const metrics = scope_metrics.flatMap((scope) => scope.metrics.map(readMetric));
        this.exports.push({ resource: readAttributes(resource.attributes), metrics });
      }
    } else if (path === '/v1/logs') {
      for (const { resource, scope_logs } of this.decode<WireLogs>(path, body).resource_logs) {
        const attributes = readAttributes(resource.attributes);
        this.records.push(...scope_logs.flatMap(({ records }) => records.map((one) => readRecord(one, attributes))));
      }
    }
  }

  private decode<Message extends object>(path: keyof typeof MESSAGES, body: Buffer): Message {
    const definition: unknown = this.definitions[MESSAGES[path]];
    if (!isMessage<Message>(definition)) throw new Error(`otlp.proto does not describe ${path}`);
    return definition.deserialize(body);
  }
}

function isMessage<Message extends object>(definition: unknown): definition is MessageTypeDefinition<Message, Message> {
  return typeof definition === 'object' && definition !== null && 'deserialize' in definition;
}

interface WireAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, string | number | boolean>>;
}
interface WireResource {
  readonly resource: { readonly attributes: readonly WireAttribute[] };
}
interface WireSpan {
  readonly trace_id: Buffer;
  readonly span_id: Buffer;
  readonly parent_span_id: Buffer;
  readonly name: string;
  readonly kind: number;
  readonly start: string;
  readonly end: string;
  readonly attributes: readonly WireAttribute[];
  readonly status: { readonly code: number } | null;
}
interface WireTraces {
  readonly resource_spans: readonly (WireResource & {
    readonly scope_spans: readonly { readonly spans: readonly WireSpan[] }[];
  })[];
}
interface WireNumbers {
  readonly points: readonly { readonly attributes: readonly WireAttribute[]; readonly value: number }[];
}
interface WireMetric {
  readonly name: string;
  readonly unit: string;
  readonly gauge: WireNumbers | null;
  readonly sum: WireNumbers | null;
  readonly histogram: {
    readonly points: readonly {
      readonly attributes: readonly WireAttribute[];
      readonly count: string;
      readonly sum: number;
      readonly counts: readonly string[];
      readonly bounds: readonly number[];
    }[];
  } | null;
}
interface WireMetrics {
  readonly resource_metrics: readonly (WireResource & {
    readonly scope_metrics: readonly { readonly metrics: readonly WireMetric[] }[];
  })[];
}
interface WireRecord {
  readonly severity_text: string;
  readonly body: Readonly<Record<string, string>>;
  readonly attributes: readonly WireAttribute[];
  readonly trace_id: Buffer;
  readonly span_id: Buffer;
}
interface WireLogs {
  readonly resource_logs: readonly (WireResource & {
    readonly scope_logs: readonly { readonly records: readonly WireRecord[] }[];
  })[];
}

function readAttributes(attributes: readonly WireAttribute[]): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']));
}

const ERROR = 2;

function readSpan(span: WireSpan, resource: Attributes): ReceivedSpan {
  return {
    service: String(resource['service.name']),
    resource,
    traceId: span.trace_id.toString('hex'),
    spanId: span.span_id.toString('hex'),
    parentSpanId: span.parent_span_id.toString('hex'),
    name: span.name,
    kind: span.kind,
    start: BigInt(span.start),
    end: BigInt(span.end),
    attributes: readAttributes(span.attributes),
    failed: span.status?.code === ERROR,
  };
}

function readMetric({ name, unit, gauge, sum, histogram }: WireMetric): ReceivedMetric {
  if (histogram === null) {
    const samples = (gauge ?? sum)?.points.map(({ attributes, value }) => ({
      name,
      labels: readAttributes(attributes),
      value,
    }));
    return { name, unit, type: gauge === null ? 'counter' : 'gauge', samples: samples ?? [] };
  }
  const samples = histogram.points.flatMap(({ attributes, count, sum: total, counts, bounds }) => {
    const labels = readAttributes(attributes);
    let below = 0;
    const buckets = counts.map((inBucket, index) => {
      below += Number(inBucket);
      const le = index < bounds.length ? String(bounds[index]) : '+Inf';
      return { name: `${name}_bucket`, labels: { ...labels, le }, value: below };
    });
    return [
      ...buckets,
      { name: `${name}_sum`, labels, value: total },
      { name: `${name}_count`, labels, value: Number(count) },
    ];
  });
  return { name, unit, type: 'histogram', samples };
}

function readRecord(record: WireRecord, resource: Attributes): ReceivedRecord {
  const { severity_text, body, attributes, trace_id, span_id } = record;
  return {
    resource,
    severity: severity_text,
    body: Object.values(body)[0] ?? '',
    attributes: readAttributes(attributes),
    traceId: trace_id.toString('hex'),
    spanId: span_id.toString('hex'),
  };
}
