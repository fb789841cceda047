import * as z from 'zod';
import { seconds } from '../../reading/times.ts';

/** The schema of the section `refreshTokens`. */
export const refreshTokensSchema = z.strictObject({
  ttl: seconds('1s', '3650d')
    .prefault('720h')
    .describe('Lifetime of a refresh token, which begins anew with each refresh; at least ttl.max of our issuer'),
});
