import { createHash } from 'node:crypto';

/** The base64 of the DER between the lines of exactly one certificate (RFC 7468, section 5.1). */
const ONE_CERTIFICATE = /^-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/\r\n]+={0,2})\r?\n-----END CERTIFICATE-----\s*$/;

/**
 * The SHA-256 of a certificate in DER, in base64url, as tokens name it (`x5t#S256`: RFC 8705, section 3.1). `undefined` for
 * anything but one certificate. Reads nothing in the certificate: the gateway has validated its chain.
 *
 * @param encoded the certificate in PEM, percent-encoded, as Envoy and nginx write it.
 */
export function hashOfPem(encoded: string): string | undefined {
  const [, base64] = ONE_CERTIFICATE.exec(decoded(encoded) ?? '') ?? [];
  return base64 === undefined
    ? undefined
    : createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64url');
}

function decoded(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
