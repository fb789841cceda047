import { setTimeout as sleep } from 'node:timers/promises';
import type { FieldError } from '../../core/answer.ts';
import type { NotRepeatable } from '../../tokens/idempotency.ts';
import { newTokenId } from '../../tokens/token-mint.ts';
import { FORM_ID } from './decode.ts';
import type { SessionRequest } from './page-request.ts';

/** A form that is sent twice waits for the first one: for longer than that takes in health. */
const WAITS = 50;
const WAIT_MS = 100;

/** The id that our own pages give a form: a UUID. */
const ID = /^[0-9a-f-]{36}$/;

/** What a form that was sent before says, where it was filled in differently then. */
export const USED_FORM: readonly FieldError[] = [
  { field: FORM_ID, message: 'it made a token already; send it once more to make another one' },
];

/**
 * Makes the token that a form asks for; one, however often the form is sent: by a double click, or by loading its answer
 * again. What was made is shown to each. A form without an id, as an older page has it, is carried out each time.
 */
export async function doOnce<Result extends { readonly outcome: string }>(
  { services, session, form, params }: SessionRequest,
  make: (id?: string) => Promise<Result>,
): Promise<Result | NotRepeatable> {
  const formId = form.get(FORM_ID) ?? '';
  if (!ID.test(formId)) return make();
  const request = { accountId: session.accountId, key: `form ${formId}`, content: [params, ...form] };
  const run = () => services.idempotency.run(request, newTokenId, make, ({ outcome }) => outcome === 'issued');
  let result = await run();
  for (let waits = 0; result.outcome === 'in_progress' && waits < WAITS; waits += 1) {
    await sleep(WAIT_MS);
    result = await run();
  }
  return result;
}
