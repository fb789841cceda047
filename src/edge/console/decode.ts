import * as z from 'zod';
import type { FieldError } from '../../core/answer.ts';
import { MAX_OVERLAP_SECONDS } from '../../tokens/rotation.ts';
import { reason, scopes, tokenName } from '../field-schemas.ts';
import { endOfDay } from './times.ts';

/** The field that tells a form from others, of its kind too: sent twice, it does one thing. */
export const FORM_ID = 'form_id';

/** Days after which a token may end without a date being chosen. */
export const DAYS = ['1', '7', '30', '90'] as const;

/** Without script, a date that is filled in does not choose itself: neither it nor the days are taken in silence. */
const UNDECIDED = 'you gave a date and chose a number of days; send the form again to use the date, or clear it';

/** What a form says, or every field's problem. */
export type Decoded<Form> =
  | { readonly ok: true; readonly form: Form }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const expiresAtSeconds = z.int({
  error: ({ input }) => (input === UNDECIDED ? UNDECIDED : 'choose when it ends, by a day that exists'),
});
const logInForm = z.object({ name: z.string().min(1, 'not empty'), password: z.string().min(1, 'not empty') });
const createForm = z.object({ name: tokenName, scopes, expires_at: expiresAtSeconds });
const rotateForm = z.object({
  expires_at: expiresAtSeconds,
  overlap: z.int('choose one').min(0).max(MAX_OVERLAP_SECONDS),
});
const revokeForm = z.object({ reason: z.union([z.literal(''), reason]) });

export function decodeLogIn(form: URLSearchParams): Decoded<z.output<typeof logInForm>> {
  return decode(logInForm, { name: textOf(form, 'name'), password: textOf(form, 'password') });
}

export function decodeCreate(form: URLSearchParams, nowSeconds: number): Decoded<z.output<typeof createForm>> {
  const name = textOf(form, 'name');
  return decode(createForm, { name, scopes: form.getAll('scopes'), expires_at: endOf(form, nowSeconds) });
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

/** Unix seconds: so many days from now, or the end of a day in UTC. */
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
