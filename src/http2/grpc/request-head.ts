import type { HeaderField } from '../hpack/header-field.ts';
import type { UnaryFailure, UnaryMethod } from '../unary.ts';
import { parseGrpcTimeout } from './grpc-timeout.ts';

/** A request that is not one of gRPC: it is answered with an HTTP status, once it has ended. */
export interface HttpRefusal {
  readonly status: 405 | 415;
}

/** What the header section of a request says. */
export interface RequestHead {
  readonly fields: readonly HeaderField[];
  readonly path: string;
  readonly timeoutMs: number;
  /** The `content-length`; -1 if there is none. */
  readonly contentLength: number;
  /** What serves the request, or why no method does. */
  readonly target: UnaryMethod | UnaryFailure | HttpRefusal;
}

/** The kinds of fields that {@link readHead} looks at; 0 is any other. */
const Kind = { PATH: 1, METHOD: 2, SCHEME: 3, AUTHORITY: 4, CONTENT_TYPE: 5, TIMEOUT: 6, LENGTH: 7, TE: 8, WRONG: 9 };

const KINDS: ReadonlyMap<string, number> = new Map([
  [':path', Kind.PATH],
  [':method', Kind.METHOD],
  [':scheme', Kind.SCHEME],
  [':authority', Kind.AUTHORITY],
  ['content-type', Kind.CONTENT_TYPE],
  ['grpc-timeout', Kind.TIMEOUT],
  ['content-length', Kind.LENGTH],
  ['te', Kind.TE],
  // RFC 9113, section 8.2.2.
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map(
    (name) => [name, Kind.WRONG] as const,
  ),
]);

/** For the decoder. */
export function kindOfField(name: string): number {
  return KINDS.get(name) ?? (name.startsWith(':') ? Kind.WRONG : 0);
}

/** `application/grpc`, alone or with a message format; not `application/grpc-web`. */
const GRPC = /^application\/grpc(?:[+;]|$)/i;

/**
 * Reads a request's header section; `undefined` if it is malformed: RFC 9113, sections 8.1.1, 8.2.2 and 8.3.1. The rest is
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
 */
export function readHead(
  fields: readonly HeaderField[],
  methods: ReadonlyMap<string, UnaryMethod>,
): RequestHead | undefined {
  const found: (string | undefined)[] = [];
  let regular = false;
  for (const { kind, name, value } of fields) {
    if (kind === 0) {
      regular = true;
      continue;
    }
    if (kind === Kind.WRONG || (kind === Kind.TE && value !== 'trailers')) return undefined;
    if (!name.startsWith(':')) regular = true;
    else if (regular) return undefined;
    if (found[kind] !== undefined && found[kind] !== value) return undefined;
    if (found[kind] !== undefined && kind <= Kind.AUTHORITY) return undefined;
    found[kind] = value;
  }
  const path = found[Kind.PATH];
  const method = found[Kind.METHOD];
  const length = found[Kind.LENGTH];
  if (!path || !method || !found[Kind.SCHEME] || (length !== undefined && !/^\d{1,15}$/.test(length))) return undefined;
  const timeout = found[Kind.TIMEOUT];
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseGrpcTimeout(timeout);
  return {
    fields,
    path,
    timeoutMs: timeoutMs ?? 0,
    contentLength: length === undefined ? -1 : Number(length),
    target: targetOf(method, found[Kind.CONTENT_TYPE] ?? '', path, timeoutMs, methods),
  };
}

function targetOf(
  method: string,
  contentType: string,
  path: string,
  timeoutMs: number | undefined,
  methods: ReadonlyMap<string, UnaryMethod>,
): RequestHead['target'] {
  if (method !== 'POST') return { status: 405 };
  if (!GRPC.test(contentType)) return { status: 415 };
  if (timeoutMs === undefined) return { code: 13, details: 'malformed grpc-timeout' };
  return methods.get(path) ?? { code: 12, details: 'this server has no such method' };
}

/** Returns whether a section may be the trailers of a request: RFC 9113, section 8.1. */
export function areTrailers(fields: readonly HeaderField[]): boolean {
  return fields.every(({ kind, name }) => kind !== Kind.WRONG && !name.startsWith(':'));
}
