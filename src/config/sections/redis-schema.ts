import * as z from 'zod';
import { pemPath } from '../reading/pem-path.ts';
import { secretSchema } from '../reading/secret-schema.ts';
import { text } from '../reading/shape.ts';

/**
 * The keys for the access to a Redis server or a Sentinel.
 *
 * @param tlsWhen says in the description when `tls` applies.
 */
export function redisAccess(tlsWhen: string) {
  return {
    username: text('the name of a user').optional().describe("ACL user; by default, Redis's default user"),
    password: secretSchema.optional().describe('Password of the user'),
    tls: z
      .strictObject({
        ca: pemPath("the CA of Redis's certificate").optional().describe("PEM file with the CA of Redis's certificate"),
        cert: pemPath('the client certificate').optional().describe('PEM file with the client certificate'),
        key: pemPath('the private key').optional().describe('PEM file with the private key of `cert`'),
      })
      .optional()
      .describe(`${tlsWhen}; without \`ca\`, Node's trusted CAs apply`),
  };
}
