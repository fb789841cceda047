import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import type { Call, CallInput, Outcome } from '../call.ts';
import { actorOf, done } from '../call.ts';
import { accountProblem } from './accounts.ts';

const request = z.strictObject({
  current: z.string('a text').describe('The present password'),
  new: z.string('a text').describe('At least 15 characters, and none of the common or expected ones'),
});

export const changePassword: Call<z.output<typeof request>> = {
  method: 'POST',
  url: '/v1/password',
  operation: 'changePassword',
  summary: "Change one's own password, which ends every token of the account, the login too",
  admission: { scopes: ['tokens:manage'], sufficient: ['login'], basic: false },
  body: request,
  success: [{ status: 204, description: 'The new one counts; who logs in from now on gets a token that counts' }],
  problems: [],
  denials: ['credentials_invalid', 'too_many_attempts'],
  handle: change,
};

async function change(input: CallInput<z.output<typeof request>>): Promise<Outcome> {
  const { current, new: replacement } = input.body;
  const result = await input.services.changePassword.change(actorOf(input), { current, replacement });
  switch (result.outcome) {
    case 'changed':
      return done(204);
    case 'no_account':
      return deny('token_revoked', undefined, 'the account is gone');
    case 'refused_credentials': {
      const { reason, check, retryAfterSeconds } = result.refusal;
      return { ...deny(reason, undefined, check), retryAfterSeconds };
    }
    case 'taken':
    case 'refused':
    case 'busy':
      return accountProblem(result, 'new');
  }
}
