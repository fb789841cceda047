import { randomUUID } from 'node:crypto';
import { DAYS, FORM_ID } from '../decode.ts';
import type { Html, Piece } from '../html.ts';
import { html } from '../html.ts';

const DEFAULT_DAYS = '30';

/** Returns the hidden field with the form's unique id. */
export function formId(): Html {
  return html`<input type="hidden" name="${FORM_ID}" value="${randomUUID()}">`;
}

/** One of several options. */
export interface Choice {
  readonly value: string;
  readonly label: Piece;
}

export function radios(name: string, choices: readonly Choice[], chosen: string): Html[] {
  return choices.map(
    ({ value, label }) =>
      html`<label class="choice"><input type="radio" name="${name}" value="${value}" required${value === chosen && html` checked`}> ${label}</label>`,
  );
}

/** Returns the field for a token's expiry: a number of days from now, or a date. */
export function expiryField(form: URLSearchParams, nowSeconds: number): Html {
  const date = form.get('date') ?? '';
  const chosen = date === '' ? (form.get('ends') ?? DEFAULT_DAYS) : 'date';
  const tomorrow = new Date((nowSeconds + 86_400) * 1000).toISOString().slice(0, 10);
  const days = DAYS.map((value) => ({ value, label: value === '1' ? 'in 1 day' : `in ${value} days` }));
  return html`<fieldset class="ends">
<legend>Expires</legend>
${radios('ends', [...days, { value: 'date', label: 'on a date' }], chosen)}
<label class="date">Date <small>valid to the end of that day, UTC</small>
<input type="date" name="date" min="${tomorrow}" value="${date}"></label>
<output class="hint" aria-live="polite" hidden></output>
</fieldset>`;
}
