import type { Reason } from '../core/reason.ts';

/** What each reason means and what to do about it, for an operator who reads it in a log. */
export const MEANINGS: Readonly<Record<Reason, string>> = {
  credentials_required:
    'The request has no credential, or one of a scheme that the route does not accept. The client must send Authorization: Bearer. Basic is accepted only if basic.routes is on, its sunset has not passed and the route does not turn it off.',
  invalid_request:
    'The request has more than one credential: two Authorization fields, or one field with two credentials. Something between the client and the gateway may add one.',
  token_invalid:
    'The token is malformed; or its signature, algorithm, issuer, audience, subject or start time is wrong; or its introspection server does not know it. The log line names the check and the issuer; sallyport explain names them for a token that you have.',
  token_expired: 'The time in exp is over by more than clockSkew. The client must get a new token.',
  token_revoked:
    'An entry of the revocation set ends the token: its id, its thumbprint, its key, or a mark for its subject or issuer. sallyport explain names the entry, who wrote it and why; the audit log has the author and reason of a mark.',
  credentials_invalid:
    'The name or the password is wrong; the log says which. sallyport account list shows the accounts.',
  scope_required:
    'The token is valid but lacks a scope that the route needs. The client must get a token with that scope.',
  route_denied: 'No rule of the configuration lists the path with this method. sallyport routes shows the rules.',
  path_rejected:
    'Two parsers could read the path in different ways: it has dot segments, doubled slashes, encoded separators or control bytes. Or the method is not an upper-case word: some servers read post as POST. Let the gateway normalise paths before authorization.',
  too_many_attempts:
    'Too many passwords arrived at once or too many were wrong: somebody guesses, or clients use passwords instead of tokens. No password was compared; the client may try again after Retry-After.',
  unavailable:
    'The store, the keys of an issuer or its introspection did not answer within timeouts.decision; or the revocation set is lost and no operator has accepted that yet. The log names the part. A request that cannot be checked is denied.',
};
