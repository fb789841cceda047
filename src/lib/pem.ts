import { X509Certificate } from 'node:crypto';

/**
 * Returns the first certificate of a PEM file. Throws if there is none; the error may quote the file. Accepts PEM only,
 * although the parser accepts DER as well.
 */
export function parseCertificate(pem: Buffer): X509Certificate {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no PEM certificate');
  return new X509Certificate(pem);
}
