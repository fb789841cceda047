import * as z from 'zod';
import { pemPath } from '../reading/pem-path.ts';
import { secretSchema } from '../reading/secret-schema.ts';
import { text } from '../reading/shape.ts';

/** How a server of Redis's kind lets us in: what its own part of the file says of it. `tlsWhen` says when `tls` counts. */
export function redisAccess(tlsWhen: string) {
  return {
    username: text('the name of a user').optional().describe("ACL user; Redis's default user without it"),
    password: secretSchema.optional().describe('Password of the user'),
    tls: z
      .strictObject({
        ca: pemPath("the CA of Redis's certificate").optional().describe("PEM file with the CA of Redis's certificate"),
        cert: pemPath('the client certificate').optional().describe('PEM file with our client certificate'),
        key: pemPath('the private key').optional().describe('PEM file with the private key of `cert`'),
      })
      .optional()
      .describe(`${tlsWhen}; without \`ca\` the CAs that Node trusts count`),
  };
}
