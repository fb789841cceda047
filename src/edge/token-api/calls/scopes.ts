import * as z from 'zod';
import type { Call, CallInput, Outcome } from '../call.ts';
import { done } from '../call.ts';

const catalogue = z.strictObject({
  scopes: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string().nullable(),
      max_ttl: z.int().nullable().describe('The longest life of a token with this scope, in seconds'),
    }),
  ),
});

export const listScopes: Call = {
  method: 'GET',
  url: '/v1/scopes',
  operation: 'listScopes',
  summary: 'List the scopes that a token can have',
  admission: { scopes: [], sufficient: ['password', 'login', 'private'], basic: true },
  success: [{ status: 200, description: 'The catalogue', content: catalogue }],
  problems: [],
  handle: list,
};

async function list({ services }: CallInput<undefined>): Promise<Outcome> {
  const scopes = [...services.catalogue].map(([name, { description, maxTtlSeconds }]) => ({
    name,
    description: description ?? null,
    max_ttl: maxTtlSeconds ?? null,
  }));
  return done(200, { scopes } satisfies z.output<typeof catalogue>);
}
