import { setTimeout as sleep } from 'node:timers/promises';
import type { FieldError } from '../../core/answer.ts';
import type { Assigned, NotRepeatable } from '../../tokens/idempotency.ts';
import { newTokenId } from '../../tokens/token-mint.ts';
import { FORM_ID } from './decode.ts';
import type { SessionRequest } from './page-request.ts';

/** A form that is sent twice waits for the first submission, for longer than that takes in normal operation. */
const WAITS = 50;
const WAIT_MS = 100;

/** A form's id, as our pages create it: a UUID. */
const ID = /^[0-9a-f-]{36}$/;

/** The error of a form that was already sent with other values. */
export const USED_FORM: readonly FieldError[] = [
  { field: FORM_ID, message: 'this form already created a token; send it again to create another one' },
];

/**
 * Creates the token that a form requests. A form that is sent several times, by a double click or a reload, creates one
 * token, which each response shows. A form without an id, from an older page, creates a token each time.
 */
export async function doOnce<Result extends { readonly outcome: string }>(
  { services, session, form, params }: SessionRequest,
  create: (assigned?: Assigned) => Promise<Result>,
): Promise<Result | NotRepeatable> {
  const formId = form.get(FORM_ID) ?? '';
  if (!ID.test(formId)) return create();
  const request = { accountId: session.accountId, key: `form ${formId}`, content: [params, ...form] };
  const run = () => services.idempotency.run(request, newTokenId, create, ({ outcome }) => outcome === 'issued');
  let result = await run();
  for (let waits = 0; result.outcome === 'in_progress' && waits < WAITS; waits += 1) {
    await sleep(WAIT_MS);
    result = await run();
  }
  return result;
}
