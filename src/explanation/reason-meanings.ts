import type { Reason } from '../core/reason.ts';

/** What each reason means and what to do about it, for an operator who reads it in a log. */
export const MEANINGS: Readonly<Record<Reason, string>> = {
  credentials_required:
    'The request has no credential in the places that the route reads, or one of a scheme that the route does not accept; or it has a cookie, and does not show that one of its own pages sent it. sallyport routes shows the places; by default, the client must send Authorization: Bearer. Basic is accepted only if basic.routes is on, its sunset has not passed and the route does not turn it off.',
  invalid_request:
    'The request has more than one credential: two Authorization fields, one field with two credentials, or one in each of two places that the route reads. Or two parsers could read its credential in different ways. Something between the client and the gateway may add one. The log names the check; docs/credentials.md has the rules.',
  token_invalid:
    'The token is malformed; or its signature, algorithm, issuer, audience, subject or start time is wrong; or another claim is not what `require` of its issuer demands; or it is bound to a client certificate or a key, and its proof is missing or wrong; or its introspection server does not know it; or it is an API key that has a wrong checksum or no record. The log line names the check and the issuer; sallyport explain names them for a token that you have.',
  token_expired: 'exp has passed by more than clockSkew. The client must get a new token.',
  token_revoked:
    'A revocation entry ends the token, by its id, its thumbprint or its signing key, or by a mark on its subject or issuer. sallyport explain with the token shows the entry, its author and its reason. The author and the reason of a mark are in the audit log only.',
  credentials_invalid:
    'The name or the password is wrong. The log says which. sallyport account list shows the accounts.',
  scope_required:
    'The token is valid but lacks a scope that the route needs. The client must get a token with that scope.',
  condition_failed:
    'The token is valid and has the scope, but not what `where` of the route requires: a claim is absent or has another value, or a policy decision point said no. sallyport explain with the token shows which. A password has no claims.',
  step_up_required:
    "The token does not say that its user authenticated as `where` of the route requires: acr is not among the accepted values, or auth_time is absent or too old. The client must send the user to the token's issuer again, with acr_values and max_age of the challenge (RFC 9470).",
  route_denied:
    'No route of the configuration matches the host, the path and the method. sallyport routes shows the routes. Or the request is a preflight of a page that `cors` does not permit. Or, on a route with mcp, it is not certain which MCP message the request carries, or no rule allows it. The log names the check; docs/browsers.md and docs/mcp.md explain them.',
  path_rejected:
    'Two parsers could read the path in different ways: it has dot segments, doubled slashes, encoded separators or control bytes. Or the method is not an upper-case word: some servers read post as POST. Configure the gateway to normalize paths before authorization.',
  too_many_attempts:
    'Too many passwords were wrong or arrived at once, because someone is guessing or because clients send passwords instead of tokens; or an account revoked too many unknown token ids; or a client presented too many unknown API keys. Sallyport compared no password and wrote nothing. The client may retry after Retry-After.',
  unavailable:
    'The store, the key set of an issuer or its introspection server did not answer within timeouts.decision; or the revocation set is lost, and no operator has accepted the loss yet. The log names the part. Sallyport denies a request that it cannot check.',
};
