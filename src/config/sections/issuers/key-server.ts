import * as z from 'zod';
import { readBearerToken } from '../../../lib/bearer-token.ts';
import { parseCertificate } from '../../../lib/pem.ts';
import type { KeyServerAccess } from '../../config.ts';
import type { Draft } from '../../reading/draft.ts';
import { pemPath } from '../../reading/pem-path.ts';
import type { Path } from '../../reading/problems.ts';
import { readRequestHeaders, requestHeaders } from '../../reading/request-headers.ts';
import { distinct, expected, parsed } from '../../reading/shape.ts';
import { keySetUrl, metadataUrl } from './key-url-schema.ts';

const TOKEN_PATH = 'expected the path of a file that holds the token, not the token itself';
const HOST = "a host such as '10.0.0.1:6443', without a scheme or path";

/** How Sallyport gets access to the server of a key set. */
const access = {
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

/** The schema of `jwks`: a URL, or a map with the URL and the access to it. */
export const jwksSchema = z.union(
  [keySetUrl, z.strictObject({ url: keySetUrl.describe('https URL of its key set'), ...access })],
  {
    error: 'expected the https URL of a JWKS, or a map with url, headers, tokenFile and ca',
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
      ...access,
      keySetHosts: distinct(parsed(HOST, parseHost), 'a list of hosts')
        .optional()
        .describe(
          'Further hosts, with their ports, that may receive headers and token if the metadata names one for the key set',
        ),
    }),
  ],
  { error: expected('true, or a map with url, headers, tokenFile, ca and keySetHosts') },
);

type WrittenAccess = Omit<Extract<z.output<typeof jwksSchema>, { readonly url: URL }>, 'url'>;

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
