import * as z from 'zod';
import { expected } from '../../reading/shape.ts';
import { milliseconds } from '../../reading/times.ts';
import { DEFAULT_TRANSPORT, TRANSPORTS } from '../../transport-config.ts';

/** What a budget is, for its description. */
const BUDGET = 'at once; a tenth of them comes back each second, and one with each call';

/** The limits of the fast transport, each for one connection. */
export const limitsSchema = z.strictObject({
  concurrentStreams: count(
    1,
    100_000,
    1_024,
    'Most calls that are open at once. Envoy opens another connection for more',
  ),
  headerListBytes: count(1_024, 1_048_576, 16_384, 'Longest metadata of a call, in bytes'),
  headerTableBytes: count(0, 65_536, 4_096, 'Memory for the compression of metadata (HPACK), in bytes'),
  continuations: count(0, 1_000, 16, 'Most CONTINUATION frames of one header block'),
  messageBytes: count(
    65_536,
    67_108_864,
    4_194_304,
    'Longest check without its body, in bytes. A longer one is denied',
  ),
  heldBytes: count(65_536, 268_435_456, 8_388_608, 'Memory for checks that have not arrived completely, in bytes'),
  totalHeldBytes: count(
    1_048_576,
    68_719_476_736,
    134_217_728,
    'Memory of all connections together, for such checks and for answers that clients leave unread, in bytes. Beyond it, a connection may keep 16 KB',
  ),
  outputBytes: count(
    65_536,
    67_108_864,
    262_144,
    'Answers that the client may leave unread, in bytes. Beyond them, nothing more is read from it',
  ),
  resets: count(10, 1_000_000, 200, `Most calls that the client resets before they arrived completely, ${BUDGET}`),
  streamErrors: count(
    10,
    1_000_000,
    100,
    'Most calls that are reset because of a mistake of the client, at once; a tenth of them comes back each second',
  ),
  pings: count(10, 1_000_000, 100, `Most PING frames ${BUDGET}`),
  settings: count(10, 1_000_000, 50, `Most SETTINGS frames ${BUDGET}`),
  emptyData: count(10, 1_000_000, 100, `Most DATA frames without data ${BUDGET}`),
  idleFrames: count(
    10,
    1_000_000,
    1_000,
    'Most WINDOW_UPDATE, PRIORITY and unknown frames at once; a tenth of them comes back each second, and four with each call',
  ),
  prefaceTimeout: milliseconds('100ms', '5m').prefault('10s').describe('How long a connection may take to begin'),
  requestTimeout: milliseconds('100ms', '5m').prefault('30s').describe('How long a check may take to arrive'),
  sendTimeout: milliseconds('100ms', '5m').prefault('30s').describe('How long a client may take to read an answer'),
});

/** What the listener of Envoy has besides the members of every listener. */
export const transportMembers = {
  transport: z
    .enum(TRANSPORTS, { error: expected('fast or grpc-js') })
    .prefault(DEFAULT_TRANSPORT)
    .describe('What serves the calls: fast (our own HTTP/2) or grpc-js (the library)'),
  limits: limitsSchema
    .prefault({})
    .describe(
      'With transport fast: limits for each connection. A client that exceeds them loses the call or the connection',
    ),
  maxConnectionAge: milliseconds('0s', '24h')
    .prefault('10m')
    .describe(
      'With transport fast: when a connection ends, give or take a tenth, so that its client opens one to another instance: a duration from 1s to 24h. 0s: never',
    ),
};

function count(min: number, max: number, standard: number, what: string) {
  const error = expected(`a whole number from ${min} to ${max}`);
  return z
    .int({ error })
    .min(min, { error })
    .max(max, { error })
    .prefault(standard)
    .describe(`${what}: from ${min} to ${max}`);
}
