import { StoreError } from '../core/ports.ts';

/** The name of a Redis, for people to read, and its password, which must never be printed. */
export interface ServerLabel {
  readonly name: string;
  readonly password: string | undefined;
}

/** Explains failures by the code of Node or of a {@link fault}, the first word of Redis, or how ioredis begins its message. */
const EXPLANATIONS: readonly (readonly [codes: string, words: string])[] = [
  ['ECONNREFUSED', 'nothing listens there; start Redis, or correct the address'],
  ['ENOTFOUND EAI_AGAIN', 'its host name cannot be resolved; correct it, or the name service'],
  [
    'ETIMEDOUT EHOSTUNREACH ENETUNREACH',
    'cannot be reached; correct the address or the scheme (rediss:// is TLS), or open the way there',
  ],
  [
    'ECONNRESET EPIPE CLOSED Connection_is Reached_the Command_aborted',
    'closed the connection; where it keeps doing so, it may expect TLS: write rediss://',
  ],
  ['WRONGPASS NOAUTH', 'refuses the user name or the password; correct username and password of the store'],
  ['NOPERM', 'its user lacks a permission; docs/redis.md lists what is needed'],
  [
    'NOTRACKING',
    'does not let its user track changes, so every decision asks the store; grant the user ' +
      '+subscribe +client|id +client|tracking &__redis__:invalidate, see docs/redis.md',
  ],
  ['READONLY', 'is a replica, which takes no writes and may lag behind; name the primary'],
  ['LOADING', 'is still loading its data; wait until it has'],
  ['OOM', 'has reached its maxmemory; raise that, or give it more memory'],
  ['MISCONF', 'cannot save its data to disk; see its log'],
  ['MOVED CROSSSLOT', 'is a node of a cluster; set cluster: true in the store'],
  [
    'CLUSTERDOWN',
    'reports that its cluster is down: no primary serves a slot, or too few primaries are left; see CLUSTER INFO there',
  ],
  ['NOCLUSTER', 'is not a node of a cluster; leave cluster out of the store, or name a node'],
  ['NOQUORUM', 'gets no matching reports from more than half of the primaries of its cluster; see CLUSTER NODES there'],
  ['STALE', 'may have been replaced in its cluster; wait until that has settled'],
  ['REPLACED', 'was replaced in its cluster: the last write may be lost; write it again'],
  ['SETTLING', 'has primaries that are not tracked yet; wait until its cluster has settled'],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'has a certificate of an unknown CA; name its CA in tls.ca of the store',
  ],
  ['CERT_HAS_EXPIRED', 'has an expired certificate; renew it'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'has a certificate for another name; use a name that is in it, or renew it'],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED ERR_SSL_TLSV1_ALERT_UNKNOWN_CA ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'refuses our client certificate, or requires one; set tls.cert and tls.key of the store',
  ],
  ['EPROTO ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_PACKET_LENGTH_TOO_LONG', 'does not speak TLS there; write redis://'],
  ['SILENT Socket_timeout Command_timed', 'accepted the connection but does not answer'],
  ["Stream_isn't", 'is not connected'],
  ['FAILOVER', 'has become the primary; Sallyport is connecting to it'],
  ['NONAME', 'does not know its primary by that name; correct the HOST of the URL, or its configuration'],
  ['NOBEAT', 'does not report in time what was written there'],
];
const WORDS: ReadonlyMap<string | undefined, string> = new Map(
  EXPLANATIONS.flatMap(([codes, words]) => codes.split(' ').map((code) => [code, words] as const)),
);

/** Failures that another attempt does not mend. */
const LASTING = /^(?:WRONGPASS|NOAUTH|NOPERM|NOTRACKING|NOCLUSTER|.*CERT.*|UNABLE_TO_.*|ERR_SSL_.*|EPROTO)$/;

type Fault =
  | 'CLOSED'
  | 'CLUSTERDOWN'
  | 'ETIMEDOUT'
  | 'FAILOVER'
  | 'LOADING'
  | 'NOBEAT'
  | 'NOCLUSTER'
  | 'NONAME'
  | 'NOQUORUM'
  | 'NOTRACKING'
  | 'READONLY'
  | 'REPLACED'
  | 'SETTLING'
  | 'SILENT'
  | 'STALE';

/** A failure for which neither Redis nor Node has an error. */
export function fault(code: Fault): Error {
  return Object.assign(new Error(code), { code });
}

/** A person must change something about Redis before it can be used. */
export class UnfitError extends StoreError {}

/** Whether another attempt would fail the same way. */
export function isLasting(error: unknown): boolean {
  return error instanceof UnfitError || LASTING.test(codeOf(error) ?? '');
}

/** Whether the server is no primary. */
export function isReplica(error: unknown): boolean {
  return codeOf(error) === 'READONLY';
}

/** Whether the user must not send the command, or the server does not know it. */
export function isForbidden(error: unknown): boolean {
  return codeOf(error) === 'NOPERM' || (error instanceof Error && /^ERR unknown (?:sub)?command/i.test(error.message));
}

/**
 * Translates an error of Redis, ioredis, the network or ours into the one error that the callers of a store know: which
 * Redis, what happened and, if anything helps, what to do.
 */
export function storeErrorFrom(place: ServerLabel, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const Kind = isLasting(error) ? UnfitError : StoreError;
  return new Kind(`Redis store "${place.name}": ${explain(place, error)}`, { cause: bare(place, error) });
}

/** What happened and, if anything helps, what to do. */
export function explain(place: ServerLabel, error: unknown): string {
  return WORDS.get(codeOf(error)) ?? bare(place, error).message;
}

/**
 * The error without the command that ioredis attaches, whose arguments may be a password or an account, and without the
 * arguments that Redis repeats.
 */
function bare({ password }: ServerLabel, error: unknown): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const text = (message === '' ? codeOf(error) : message)?.replace(/,? with args beginning with:.*/s, '') ?? '';
  const cause = new Error(password ? text.replaceAll(password, '[password]') : text);
  cause.name = name;
  return cause;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Until Redis 7 the error of a command in a script follows its position in the script.
  const message = error.message.replace(/^ERR Error running script .*?: -(?=[A-Z]+ )/, '');
  const [first = '', second = ''] = message.split(/[ .]/);
  return error.name === 'ReplyError' ? first : `${first}_${second}`;
}
