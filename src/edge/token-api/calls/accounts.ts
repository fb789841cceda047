import * as z from 'zod';
import type { Account } from '../../../accounts/account.ts';
import { newAccountId } from '../../../accounts/account-id.ts';
import type { AccountManagement, Manager } from '../../../accounts/account-management.ts';
import type { AccountProblem } from '../../../accounts/accounts.ts';
import type { Deny } from '../../../core/decision.ts';
import { deny } from '../../../core/decision.ts';
import { scopes } from '../../field-schemas.ts';
import type { Problem } from '../../http/problems.ts';
import { failed } from '../../http/problems.ts';
import type { Call, CallerRule, CallInput, Outcome } from '../call.ts';
import { actorOf, authorityEnded, authorityOf, callerOf, done } from '../call.ts';
import { utcTime } from '../encode.ts';
import { optional, utcDateTime } from './fields.ts';
import { answerPage, next, PAGING } from './paging.ts';

const MANAGES_ACCOUNTS: CallerRule = { scopes: ['accounts:manage'], sufficient: [], basic: false };

const text = z.string('must be a string');
const email = text.describe(
  'A second name to log in with; it must not be the e-mail address or name of another account',
);
const password = text.describe('At least 15 characters; common and predictable passwords are refused');

const addRequest = z.strictObject({ name: text, email: optional(email), password, scopes });

const changeRequest = z
  .strictObject({
    email: email.nullable().optional().describe('null removes it'),
    password: optional(password),
    scopes: optional(scopes),
    disabled: optional(z.boolean('must be true or false')),
  })
  .describe(
    "Fields that are left out stay unchanged. A new password, fewer scopes and disabling revoke the account's tokens",
  );

const shown = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  scopes: z.array(z.string()),
  disabled: z.boolean(),
  created_at: utcDateTime,
});

const list = z.strictObject({ accounts: z.array(shown), next });

export const listAccounts: Call = {
  method: 'GET',
  url: '/v1/accounts',
  operation: 'listAccounts',
  summary: 'List the accounts, the oldest first',
  admission: MANAGES_ACCOUNTS,
  query: PAGING,
  success: [{ status: 200, description: 'One page of the list', content: list }],
  problems: ['invalid_query'],
  handle: ({ services, query }) =>
    answerPage(
      query,
      {
        read: (limit, after) => services.accounts.page(limit, after),
        find: (id) => services.accounts.positionOf(id),
      },
      ({ accounts }, following) =>
        done(200, { accounts: accounts.map(shownBody), next: following } satisfies z.output<typeof list>),
    ),
};

export const addAccount: Call<z.output<typeof addRequest>> = {
  method: 'POST',
  url: '/v1/accounts',
  operation: 'addAccount',
  summary: 'Add an account; it may have only scopes that the caller has',
  admission: MANAGES_ACCOUNTS,
  needsAuthority: true,
  body: addRequest,
  newId: newAccountId,
  success: [{ status: 201, description: 'The account', content: shown }],
  problems: ['conflict'],
  denials: ['too_many_attempts'],
  handle: add,
};

export const showAccount: Call = {
  method: 'GET',
  url: '/v1/accounts/:id',
  operation: 'showAccount',
  summary: 'Show an account',
  admission: MANAGES_ACCOUNTS,
  success: [{ status: 200, description: 'The account', content: shown }],
  problems: ['not_found'],
  handle: async ({ services, params }) => answer(200, await services.accounts.show(params['id'] ?? '')),
};

export const changeAccount: Call<z.output<typeof changeRequest>> = {
  method: 'PATCH',
  url: '/v1/accounts/:id',
  operation: 'changeAccount',
  summary: 'Change an account; it may have only scopes that the caller has',
  admission: MANAGES_ACCOUNTS,
  needsAuthority: true,
  body: changeRequest,
  success: [{ status: 200, description: 'The changed account', content: shown }],
  problems: ['not_found', 'conflict'],
  denials: ['too_many_attempts'],
  handle: change,
};

export const removeAccount: Call = {
  method: 'DELETE',
  url: '/v1/accounts/:id',
  operation: 'removeAccount',
  summary: 'Remove an account and revoke its tokens; it may have only scopes that the caller has',
  admission: MANAGES_ACCOUNTS,
  needsAuthority: true,
  success: [{ status: 204, description: 'The account is removed' }],
  problems: ['not_found', 'conflict'],
  handle: remove,
};

async function add(input: CallInput<z.output<typeof addRequest>>): Promise<Outcome> {
  const added = await input.services.accounts.add(managerOf(input), input.body, input.assignedId);
  if ('outcome' in added && added.outcome === 'stale') return authorityEnded(input);
  if ('outcome' in added && added.outcome === 'repeated') return answer(201, added.account);
  return answer(201, added);
}

async function change(input: CallInput<z.output<typeof changeRequest>>): Promise<Outcome> {
  const changed = await input.services.accounts.change(managerOf(input), input.params['id'] ?? '', input.body);
  if ('outcome' in changed && changed.outcome === 'stale') return authorityEnded(input);
  return answer(200, changed);
}

async function remove(input: CallInput<undefined>): Promise<Outcome> {
  const problem = await input.services.accounts.remove(managerOf(input), input.params['id'] ?? '');
  if (problem?.outcome === 'stale') return authorityEnded(input);
  if (problem !== undefined) return problemOf(problem);
  return done(204);
}

/** Returns the caller with the scopes and the account version that it was admitted with. */
function managerOf(input: CallInput<unknown>): Manager {
  const { accountVersion } = authorityOf(input);
  return { by: actorOf(input), accountVersion, granted: callerOf(input).granted };
}

type Changed = Exclude<Awaited<ReturnType<AccountManagement['change']>>, { outcome: 'stale' }>;

function answer(status: number, result: Changed): Outcome {
  return 'outcome' in result ? problemOf(result) : done(status, shownBody(result));
}

function problemOf(problem: Exclude<Changed, Account>): Problem | Deny {
  switch (problem.outcome) {
    case 'not_found':
      return failed('not_found', 'no such account');
    case 'conflict':
      return failed('conflict', problem.message);
    case 'taken':
    case 'refused':
    case 'busy':
      return accountProblem(problem);
  }
}

/** Returns the problem with an account's data. @param name the field's name in the request. */
export function accountProblem({ outcome, field, message }: AccountProblem, name: string = field): Problem | Deny {
  if (outcome === 'busy') return deny('too_many_attempts', undefined, 'password queue is full');
  const errors = [{ field: name, message }];
  if (outcome === 'taken') return failed('conflict', message, errors);
  return failed('invalid_body', "the account's data is not valid", errors);
}

function shownBody({ id, name, email: address, scopes: granted, disabled, createdAtSeconds }: Account) {
  const created_at = utcTime(createdAtSeconds);
  return { id, name, email: address ?? null, scopes: [...granted], disabled, created_at } satisfies z.output<
    typeof shown
  >;
}
