import * as z from 'zod';
import type { FieldError } from '../../core/answer.ts';
import { MAX_OVERLAP_SECONDS } from '../../tokens/rotation.ts';
import { reason, scopes, tokenName } from '../field-schemas.ts';
import { endOfDay } from './times.ts';

/** The hidden field with a form's unique id, so that a form that is sent twice takes effect once. */
export const FORM_ID = 'form_id';

/** The numbers of days that can be chosen in place of a date. */
export const DAYS = ['1', '7', '30', '90'] as const;

/** Without script, entering a date does not select it. The user must then decide between it and the number of days. */
const UNDECIDED = 'you entered a date and chose a number of days; send the form again to use the date, or clear it';

/** A valid form, or the errors of its fields. */
export type Decoded<Form> =
  | { readonly ok: true; readonly form: Form }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const expiresAtSeconds = z.int({
  error: ({ input }) => (input === UNDECIDED ? UNDECIDED : 'choose a number of days or a valid date'),
});
const filled = z.string().min(1, 'must not be empty');
const logInForm = z.object({ name: filled, password: filled });
const createForm = z.object({
  name: tokenName,
  scopes,
  expires_at: expiresAtSeconds,
  // A page of an earlier version, or without API keys, does not send it.
  form: z.enum(['jwt', 'key'], 'choose one of the options').default('jwt'),
});
const NO_OVERLAP = 'choose one of the options';
const rotateForm = z.object({
  expires_at: expiresAtSeconds,
  overlap: z.int(NO_OVERLAP).min(0, NO_OVERLAP).max(MAX_OVERLAP_SECONDS, NO_OVERLAP),
});
const revokeForm = z.object({ reason: z.union([z.literal(''), reason]) });

export function decodeLogIn(form: URLSearchParams): Decoded<z.output<typeof logInForm>> {
  return decode(logInForm, { name: textOf(form, 'name'), password: textOf(form, 'password') });
}

export function decodeCreate(form: URLSearchParams, nowSeconds: number): Decoded<z.output<typeof createForm>> {
  const name = textOf(form, 'name');
  const scopesChosen = form.getAll('scopes');
  const written = form.get('form') ?? undefined;
  return decode(createForm, { name, scopes: scopesChosen, expires_at: endOf(form, nowSeconds), form: written });
}

export function decodeRotate(form: URLSearchParams, nowSeconds: number): Decoded<z.output<typeof rotateForm>> {
  const overlap = form.get('overlap') ?? '';
  return decode(rotateForm, {
    expires_at: endOf(form, nowSeconds),
    overlap: /^\d+$/.test(overlap) ? Number(overlap) : undefined,
  });
}

export function decodeRevoke(form: URLSearchParams): Decoded<z.output<typeof revokeForm>> {
  return decode(revokeForm, { reason: textOf(form, 'reason').trim() });
}

function textOf(form: URLSearchParams, name: string): string {
  return form.get(name) ?? '';
}

/** Returns the chosen expiry in Unix seconds: a number of days from now, or the end of a day in UTC. */
function endOf(form: URLSearchParams, nowSeconds: number): number | typeof UNDECIDED | undefined {
  const [ends, date] = [form.get('ends') ?? '', textOf(form, 'date')];
  if (ends === 'date') return endOfDay(date);
  if (date !== '') return UNDECIDED;
  return DAYS.some((days) => days === ends) ? nowSeconds + Number(ends) * 86_400 : undefined;
}

function decode<Form>(schema: z.ZodType<Form>, values: object): Decoded<Form> {
  const parsed = schema.safeParse(values);
  if (parsed.success) return { ok: true, form: parsed.data };
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: String(path[0] ?? ''), message }));
  return { ok: false, errors };
}
