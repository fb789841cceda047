import { fieldSize, type HeaderField } from '../hpack/header-field.ts';
import type { UnaryFailure, UnaryMethod } from '../unary.ts';
import { parseGrpcTimeout } from './grpc-timeout.ts';
import { Status } from './status-code.ts';

/** A request that is not one of gRPC: it is answered with an HTTP status and a text once it has ended. */
export interface HttpRefusal {
  readonly status: 405 | 415;
  readonly text: string;
}

const TEXT = 'this server takes only gRPC\n';

/** What the header section of a request says. */
export interface RequestHead {
  readonly fields: readonly HeaderField[];
  /** What counts as held while its call is open: memory beyond that of the header section of an ordinary client. */
  readonly heldBytes: number;
  readonly path: string;
  readonly timeoutMs: number;
  /** The `content-length`; -1 if there is none. */
  readonly contentLength: number;
  /** What serves the request, or why no method does. */
  readonly target: UnaryMethod | UnaryFailure | HttpRefusal;
}

/** The kinds of fields that {@link readHead} looks at, the pseudo-header fields first; 0 is any other. */
const Kind = { PATH: 1, METHOD: 2, SCHEME: 3, AUTHORITY: 4, CONTENT_TYPE: 5, TIMEOUT: 6, LENGTH: 7, TE: 8, WRONG: 9 };
const NAMES = [':path', ':method', ':scheme', ':authority', 'content-type', 'grpc-timeout', 'content-length', 'te'];

/** RFC 9113, section 8.2.2. */
const WRONG_NAMES = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

/** For the decoder. */
export function kindOfField(name: string): number {
  const kind = NAMES.indexOf(name) + 1;
  return kind === 0 && (name.startsWith(':') || WRONG_NAMES.includes(name)) ? Kind.WRONG : kind;
}

/** The memory of a decoded field besides its text, and what a header section may take before it counts; in bytes. */
const FIELD_BYTES = 200;
const FREE_BYTES = 4096;

/** Of a call that is closed: it holds nothing. */
export const FORGOTTEN_HEAD: RequestHead = {
  fields: [],
  heldBytes: 0,
  path: '',
  timeoutMs: 0,
  contentLength: -1,
  target: { code: Status.INTERNAL, details: 'the call is closed' },
};

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
  let isRegular = false;
  let bytes = -FREE_BYTES;
  for (const field of fields) {
    const { kind, value } = field;
    bytes += fieldSize(field) + FIELD_BYTES;
    const isPseudo = kind >= Kind.PATH && kind <= Kind.AUTHORITY;
    if (kind === Kind.WRONG || (kind === Kind.TE && value !== 'trailers') || (isPseudo && isRegular)) return undefined;
    isRegular ||= !isPseudo;
    if (kind === 0) continue;
    if (found[kind] !== undefined && (isPseudo || found[kind] !== value)) return undefined;
    found[kind] = value;
  }
  const path = found[Kind.PATH];
  const method = found[Kind.METHOD];
  const length = found[Kind.LENGTH];
  if (!path || !method || !found[Kind.SCHEME] || (length !== undefined && !/^\d{1,15}$/.test(length))) return undefined;
  const timeout = found[Kind.TIMEOUT];
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseGrpcTimeout(timeout);
  let target: RequestHead['target'] = { code: Status.UNIMPLEMENTED, details: 'this server has no such method' };
  if (method !== 'POST') target = { status: 405, text: method === 'HEAD' ? '' : TEXT };
  else if (!GRPC.test(found[Kind.CONTENT_TYPE] ?? '')) target = { status: 415, text: TEXT };
  else if (timeoutMs === undefined) target = { code: Status.INTERNAL, details: 'malformed grpc-timeout' };
  else target = methods.get(path) ?? target;
  const heldBytes = Math.max(0, bytes);
  return { fields, heldBytes, path, timeoutMs: timeoutMs ?? 0, contentLength: Number(length ?? -1), target };
}

/** Returns whether a section may be the trailers of a request: RFC 9113, section 8.1. */
export function areTrailers(fields: readonly HeaderField[]): boolean {
  return fields.every(({ kind }) => kind === 0 || (kind > Kind.AUTHORITY && kind !== Kind.WRONG));
}
