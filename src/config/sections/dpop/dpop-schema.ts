import * as z from 'zod';
import { readOrigin } from '../../../core/binding/target-uri.ts';
import { PUBLIC_KEY_ALGORITHMS } from '../../issuer-config.ts';
import { isLoopback } from '../../reading/addresses.ts';
import { secretSchema } from '../../reading/secret-schema.ts';
import { distinct, expected, text } from '../../reading/shape.ts';
import { milliseconds } from '../../reading/times.ts';

const ORIGIN = /^(https?):\/\/([^/?#]+)$/;
const AN_ORIGIN = "expected an origin such as 'https://api.example.com', without a path";

/** Algorithms with which a client can sign a proof. The key is the client's, so each is as strong as its key. */
const DEFAULT_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

/** The schema of the section `dpop`. */
export const dpopSchema = z.strictObject({
  origins: distinct(text('an origin', originProblem), 'a list of origins').describe(
    'The origins at which clients reach the gateway, such as https://api.example.com: a proof must be for one of them. http on loopback only',
  ),
  algorithms: distinct(z.enum(PUBLIC_KEY_ALGORITHMS), 'a list of algorithms')
    .prefault([...DEFAULT_ALGORITHMS])
    .describe('JOSE names of the algorithms that proofs may have; challenges name them'),
  maxAge: milliseconds('1s', '10m')
    .prefault('60s')
    .describe(
      'How old a proof may be, besides clockSkew: a duration from 1s to 10m. For so long, its use is remembered',
    ),
  replay: z
    .enum(['store', 'memory'], { error: expected('store or memory') })
    .prefault('store')
    .describe(
      'Where the use of a proof is remembered: in the store, so that each is accepted once, or in the memory of each instance, so that each is accepted once there',
    ),
  nonce: z
    .strictObject({
      secret: secretSchema.describe('The secret that makes the nonces, the same for all instances; at least 32 bytes'),
      lifetime: milliseconds('10s', '1h')
        .prefault('5m')
        .describe('How long a nonce is accepted at most: a duration from 10s to 1h'),
    })
    .optional()
    .describe('Require a nonce of ours in each proof (RFC 9449, section 8); none by default'),
});

function originProblem(written: string): string | undefined {
  const [, scheme = '', authority = ''] = ORIGIN.exec(written) ?? [];
  const origin = readOrigin(scheme, authority);
  if (origin === undefined) return AN_ORIGIN;
  const host = origin
    .slice(`${scheme}://`.length)
    .replace(/:[0-9]+$/, '')
    .replace(/^\[|\]$/g, '');
  return scheme === 'https' || isLoopback(host)
    ? undefined
    : 'expected an https origin; http is accepted on loopback only';
}
