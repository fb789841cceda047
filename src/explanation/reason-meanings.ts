import type { Reason } from '../core/reason.ts';

/** What each reason means and what to do about it, for the operator who reads it in a log. */
export const MEANINGS: Readonly<Record<Reason, string>> = {
  credentials_required:
    'No credential was sent, or one of a scheme that the route does not take. The client must send Authorization: Bearer; Basic counts only where basic.routes is on, its sunset has not passed and the route does not turn it off.',
  invalid_request:
    'More than one credential was sent: two Authorization fields, or two in one. Something between the client and the gateway adds one.',
  token_invalid:
    'The token is malformed, or its signature, algorithm, issuer, audience, subject or time of beginning is wrong, or the server that was asked about it does not know it. The log line names the check and the issuer; explain names them for a token at hand.',
  token_expired: 'The time in exp has passed by more than clockSkew. The client must get a new token.',
  token_revoked:
    'An entry of the revocation set ends the token: its id, its thumbprint, its key, or a mark for its subject or issuer. explain names the entry, and who wrote it and why; the audit log has the author and reason of a mark.',
  credentials_invalid:
    'The name or the password is wrong; the log says which. sallyport account list shows the accounts.',
  scope_required:
    'The token is good and lacks the scope that the route needs. The client must ask for a token with it.',
  route_denied: 'No rule of the configuration lists the path, or not with this method. sallyport routes shows the map.',
  path_rejected:
    'Two parsers could read the path in two ways: dot segments, doubled slashes, encoded separators, control bytes. Or the method is not an upper-case word: some servers read post as POST. The gateway should normalise paths before it asks.',
  too_many_attempts:
    'More passwords arrived than may be hashed and wait at a time: guessing, or clients that should use tokens. Nothing was compared; the client may try again after a second.',
  unavailable:
    'The store, an issuer’s keys, its introspection or a check did not answer within timeouts.decision; or the revocation set was lost, and that is not accepted yet. The log names the part; nothing passes that could not be checked.',
};
