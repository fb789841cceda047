import * as z from 'zod';
import { SCOPE_NAME, scopeSchema } from '../file-schema.ts';
import { routeSchema } from '../routes/route-schema.ts';

/** The schema of an included file. Relations between values are checked after it. */
export const includedSchema = z.strictObject({
  scopes: z
    .record(z.string().regex(SCOPE_NAME), scopeSchema)
    .prefault({})
    .describe('Scopes that this file adds to the catalogue; no other file may define them too'),
  routes: z.array(routeSchema).describe('The rules of this file. They may not admit more than a rule of another file'),
});
