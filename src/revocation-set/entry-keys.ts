import { createHash } from 'node:crypto';

/** The prefix of every key of the revocation set. */
const PREFIX = 'sallyport:';
const MAX_FIELD_BYTES = 200;

/** `sallyport:revoked:<issuer>:<jti>`: ends one token. */
export function revokedTokenKey(issuer: string, tokenId: string): string {
  return `${PREFIX}revoked:${issuer}:${field(tokenId)}`;
}

/**
 * `sallyport:revoked-claims:<issuer>:<claims>`: ends one opaque token without an id, identified by the claims that its
 * server reports.
 */
export function revokedClaimsKey(issuer: string, claims: string): string {
  return `${PREFIX}revoked-claims:${issuer}:${field(claims)}`;
}

/**
 * `sallyport:revoked-thumbprint:<sha256>`: ends one token, identified by the SHA-256 (hex) of its signing input, or of
 * the normal form of an opaque token.
 */
export function revokedThumbprintKey(thumbprint: string): string {
  return `${PREFIX}revoked-thumbprint:${thumbprint}`;
}

/** `sallyport:revoked-key:<issuer>:<kid>`: ends every token that this key signed. */
export function revokedSigningKeyKey(issuer: string, kid: string): string {
  return `${PREFIX}revoked-key:${issuer}:${field(kid)}`;
}

/** `sallyport:notbefore:<issuer>:<subject>`: ends the subject's tokens issued up to the mark. */
export function subjectMarkKey(issuer: string, subject: string): string {
  return `${PREFIX}notbefore:${issuer}:${field(subject)}`;
}

/** `sallyport:notbefore-issuer:<issuer>`: ends the issuer's tokens issued up to the mark. */
export function issuerMarkKey(issuer: string): string {
  return `${PREFIX}notbefore-issuer:${issuer}`;
}

/**
 * Encodes the last field of a key: percent-encoded except for RFC 3986's unreserved characters or, if that is over 200
 * bytes, `sha256-` and the hex SHA-256 of the unencoded UTF-8. Lone surrogates become U+FFFD, as in UTF-8.
 */
function field(value: string): string {
  const encoded = encodeURIComponent(value.toWellFormed()).replace(/[!'()*]/g, percentEncode);
  return encoded.length <= MAX_FIELD_BYTES ? encoded : `sha256-${createHash('sha256').update(value).digest('hex')}`;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
