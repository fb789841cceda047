import * as z from 'zod';
import { conditionSchema } from '../../reading/condition-schema.ts';
import { expected, text } from '../../reading/shape.ts';
import { seconds } from '../../reading/times.ts';

/** The schema of `routes[].where`. Every further key is a claim, as text. */
export const whereSchema = z
  .object(
    {
      authAgeAtMost: seconds('1s', '365d')
        .optional()
        .describe(
          'How long ago the user may have authenticated (`auth_time`); otherwise, a step-up challenge (RFC 9470) asks for it again',
        ),
      authzen: text('the name of a decision point')
        .optional()
        .describe('The policy decision point (`decisionPoints`) that must permit the request, once all else holds'),
    },
    { error: expected('a map of claims and what each must be') },
  )
  .catchall(conditionSchema)
  .refine((written) => Object.keys(written).length > 0, { error: 'must not be empty' });

/** The conditions of a route, as written. */
export type WrittenWhere = z.output<typeof whereSchema>;
