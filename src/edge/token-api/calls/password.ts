import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import type { Call, CallInput, Outcome } from '../call.ts';
import { actorOf, done } from '../call.ts';
import { accountProblem } from './accounts.ts';

const request = z.strictObject({
  current: z.string('must be a string').describe('The current password'),
  new: z.string('must be a string').describe('At least 15 characters; common and predictable passwords are refused'),
});

export const changePassword: Call<z.output<typeof request>> = {
  method: 'POST',
  url: '/v1/password',
  operation: 'changePassword',
  summary: "Change the caller's password and revoke all its tokens, this login included",
  admission: { scopes: ['tokens:manage'], sufficient: ['login'], basic: false },
  body: request,
  success: [{ status: 204, description: 'The password is changed; log in with it to get a new token' }],
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
