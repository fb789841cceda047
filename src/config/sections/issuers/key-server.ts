import * as z from 'zod';
import { readBearerToken } from '../../../lib/bearer-token.ts';
import { parseCertificate } from '../../../lib/pem.ts';
import type { KeyServerAccess } from '../../issuer-config.ts';
import type { Draft } from '../../reading/draft.ts';
import { pemPath } from '../../reading/pem-path.ts';
import type { Path } from '../../reading/problems.ts';
import { readRequestHeaders, requestHeaders } from '../../reading/request-headers.ts';
import { distinct, EMPTY, expected, parsed, text } from '../../reading/shape.ts';
import { keySetUrl, metadataUrl } from './key-url-schema.ts';

const TOKEN_PATH = 'expected the path of a file that holds the token, not the token itself';
const HOST = "a host such as '10.0.0.1:6443', without a scheme or path";

/** SPIFFE-ID, section 2.1. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
const NO_TRUST_DOMAIN = "expected a trust domain such as 'example.org': a-z, 0-9, '.', '-' and '_', without spiffe://";

/** How Sallyport gets access to the server of a key set, or to another one. */
export const serverAccess = {
  headers: requestHeaders
    .optional()
    .describe(
      'Header fields of each request: strings or secrets. Authorization is a secret that begins with its scheme',
    ),
  tokenFile: z
    .string({ error: TOKEN_PATH })
    // The token of a ServiceAccount begins like this: it is the base64url of '{"'.
    .refine((path) => path !== '' && !/[\r\n]|^eyJ/.test(path), { error: TOKEN_PATH })
    .optional()
    .describe('File with the bearer token of each request. It is read again for each request, so it may rotate'),
  ca: pemPath("the CA of the server's certificate")
    .optional()
    .describe("PEM file with the CA of the server's certificate, read again for each request; Node's CAs by default"),
};

const jwk = z.looseObject(
  {
    kty: z.string().describe('Type of the key: RSA, EC or OKP'),
    kid: z.string().optional().describe('Its id: a token that names another is not verified with it'),
    alg: z.string().optional().describe('The only algorithm that the key is for; by default, each that fits it'),
    use: z.string().optional().describe('sig or jwt-svid, or nothing'),
  },
  { error: 'expected a public key as a JWK, such as { kty: EC, kid: 2027-1, crv: P-256, x: …, y: … }' },
);

/** The schema of `jwks`: a URL, or a map with the URL and the access to it, a file, or the keys. */
export const jwksSchema = z.union(
  [
    keySetUrl,
    z
      .strictObject({
        url: keySetUrl.optional().describe('https URL of its key set'),
        file: text('the path of a file')
          .optional()
          .describe('File with its key set, read again when it changes. In place of url'),
        trustDomain: text('a trust domain', (name) => (TRUST_DOMAIN.test(name) ? undefined : NO_TRUST_DOMAIN))
          .meta({ pattern: TRUST_DOMAIN.source })
          .optional()
          .describe('SPIFFE trust domain whose bundle to take from a file of spiffe-helper, which holds several'),
        keys: z
          .array(jwk, { error: 'expected a list of public keys (JWK)' })
          .min(1, { error: EMPTY })
          .optional()
          .describe('Its public keys themselves, as in a JWK Set (RFC 7517). In place of url'),
        ...serverAccess,
      })
      .meta({ oneOf: [{ required: ['url'] }, { required: ['file'] }, { required: ['keys'] }] }),
  ],
  {
    error: 'expected the https URL of a JWKS, or a map with one of url, file and keys',
  },
);

/** The schema of `discovery`: `true`, or a map with the access to the metadata and the key set. */
export const discoverySchema = z.union(
  [
    // No literal: only a wrong type lets a union choose the map for the message.
    z
      .boolean()
      .refine((written) => written, { error: expected('true') })
      .meta({ const: true }),
    z.strictObject({
      url: metadataUrl
        .optional()
        .describe('https URL of its metadata; by default, the well-known addresses below `issuer`'),
      ...serverAccess,
      keySetHosts: distinct(parsed(HOST, parseHost), 'a list of hosts')
        .optional()
        .describe(
          'Further hosts, with their ports, that may receive headers and token if the metadata names one for the key set',
        ),
    }),
  ],
  { error: expected('true, or a map with url, headers, tokenFile, ca and keySetHosts') },
);

type WrittenAccess = Pick<Exclude<z.output<typeof jwksSchema>, URL>, keyof typeof serverAccess>;

/** Normalizes a host as `URL.host` does: lower case, without the port 443. */
function parseHost(written: string): string | undefined {
  const url = URL.parse(`https://${written}`);
  const isHost = url !== null && url.href === `https://${url.host}/` && !/[/?#\\@]/.test(written);
  return isHost ? url.host : undefined;
}

/**
 * Reads the access to the server at `path`; `undefined` if none is written. The token and the CA are only checked: they
 * are read again for each request.
 *
 * @param url the URL that the operator named. Its host may receive headers and token.
 * @param urlPath the place of that URL in the file.
 */
export function readAccess(
  draft: Draft,
  path: Path,
  written: WrittenAccess & { readonly keySetHosts?: readonly string[] | undefined },
  { url, urlPath }: { readonly url: URL; readonly urlPath: Path },
): KeyServerAccess | undefined {
  const { tokenFile, ca, keySetHosts = [] } = written;
  if ([written.headers, tokenFile, ca].every((key) => key === undefined)) return undefined;
  if (url.protocol !== 'https:') draft.refuse(urlPath, 'headers, tokenFile and ca need an https URL, also on loopback');
  const headers = readRequestHeaders(draft, [...path, 'headers'], written.headers);
  if (tokenFile !== undefined) draft.checkFile([...path, 'tokenFile'], tokenFile, tokenProblem);
  if (ca !== undefined) draft.checkFile([...path, 'ca'], ca, certificateProblem);
  if (tokenFile !== undefined && Object.hasOwn(headers, 'authorization')) {
    draft.refuse([...path, 'tokenFile'], 'expected one of tokenFile and an Authorization in headers, found both');
  }
  return {
    headers,
    tokenFile: tokenFile && draft.absolute(tokenFile),
    ca: ca && draft.absolute(ca),
    hosts: [...new Set([url.host, ...keySetHosts])],
  };
}

function tokenProblem(contents: Buffer): string | undefined {
  if (readBearerToken(contents) !== undefined) return undefined;
  return contents.length === 0 ? 'the file is empty' : 'expected a file with one bearer token and nothing else';
}

function certificateProblem(contents: Buffer): string | undefined {
  try {
    parseCertificate(contents);
    return undefined;
  } catch {
    // The parser's own message may quote the file.
    return 'expected a PEM file that begins with a certificate';
  }
}
