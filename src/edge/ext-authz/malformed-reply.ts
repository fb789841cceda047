import type { UnaryFailure } from '../../http2/unary.ts';

/** gRPC's INVALID_ARGUMENT. */
const INVALID_ARGUMENT = 3;

/** The reply to a message that is no `CheckRequest`, or one that two parsers may read differently. */
export const MALFORMED_REPLY: UnaryFailure = {
  code: INVALID_ARGUMENT,
  details: 'the message is no acceptable CheckRequest',
};
