import * as z from 'zod';
import { claimKey } from '../../../core/claims/claim-path.ts';
import { claimPath } from '../../reading/claim-path.ts';
import { distinct, expected, text } from '../../reading/shape.ts';
import { seconds } from '../../reading/times.ts';
import { headerProblem } from './headers.ts';

const AUDIENCES = 'a string such as https://messages.internal, or a list of strings';
const CLAIMS = 'a list such as [email, realm_access.roles], or a map such as { roles: realm_access.roles }';

const audience = text('a string');
const header = text('the name of a header field', headerProblem);

/** The schema of `identity`. Relations between its names are checked after it. */
export const identitySchema = z
  .strictObject({
    headers: z
      .strictObject({
        subject: header.prefault('x-auth-subject').describe('Header with the subject'),
        scopes: header.prefault('x-auth-scopes').describe('Header with the scopes'),
        tokenId: header.prefault('x-auth-token-id').describe('Header with the id of the token'),
        issuer: header.prefault('x-auth-issuer').describe('Header with the name of the issuer'),
        scheme: header.prefault('x-auth-scheme').describe('Header with the authentication scheme'),
      })
      .prefault({})
      .describe('Names, in lower case, of the headers that identify the caller to upstreams'),
    claims: z
      .record(z.string(), header, { error: expected('a map such as { email: x-auth-email }') })
      .prefault({})
      .describe(
        "Further headers, each with one claim of the verified token, such as email: x-auth-email. A key is the claim's name, or a path such as realm_access.roles",
      ),
    metadata: z
      .record(z.string(), claimPath, { error: expected('a map such as { tier: plan }') })
      .prefault({})
      .describe(
        "Claims that Envoy's dynamic metadata carries beside the identity, for its rate limits and access logs: the name there, and the claim",
      ),
    token: z
      .strictObject(
        {
          header: header.prefault('x-auth-token').describe('Header with the signed identity'),
          audience: z
            .union([audience, distinct(audience, AUDIENCES)], { error: expected(AUDIENCES) })
            .describe('`aud`: what the services that receive it expect, or a list'),
          ttl: seconds('30s', '1h').prefault('5m').describe('How long it is valid. It is renewed at half of that'),
          claims: z
            .union(
              [
                z.array(claimPath).transform((paths) => paths.map((path) => ({ name: claimKey(path), path }))),
                z
                  .record(z.string(), claimPath)
                  .transform((paths) => Object.entries(paths).map(([name, path]) => ({ name, path }))),
              ],
              { error: expected(CLAIMS) },
            )
            .prefault([])
            .describe(
              'Claims of the verified token that it carries below `claims`: a list, or a map from their names there to the claims',
            ),
        },
        { error: expected('a map such as { audience: messages }') },
      )
      .optional()
      .describe('A short signed JWT with the identity, by the keys of our own issuer. Without it, none is made'),
    forwardCredential: z.boolean().prefault(false).describe('Whether to forward Authorization to upstreams'),
    everySpelling: z
      .boolean()
      .prefault(false)
      .describe(
        'Whether to remove every spelling of identity and override headers (x_auth_subject) from each allowed request, even if the gateway shows all headers. By default, only if it hides :path',
      ),
  })
  .prefault({})
  .describe('What upstreams receive');
