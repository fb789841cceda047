import type { FieldError } from '../../../core/answer.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';

/** What forms call the fields of a request. */
const LABELS: Readonly<Record<string, string>> = {
  name: 'Name',
  scopes: 'Scopes',
  expires_at: 'End',
  overlap: 'Old token',
  reason: 'Reason',
  form_id: 'Form',
  password: 'Password',
};

/** A page with a form, and above it why that was refused. */
export function formPage(title: string, errors: readonly FieldError[], form: Html): Page {
  const body = html`${errorSummary(errors)}\n${form}`;
  return { kind: 'page', status: errors.length === 0 ? 200 : 400, title, body, isMembers: true };
}

/** Where a form was refused: everything at once, read out and focused first. */
function errorSummary(errors: readonly FieldError[]): Html | false {
  return (
    errors.length > 0 &&
    html`<div class="error" role="alert" tabindex="-1" autofocus>
<p>Nothing was done yet:</p>
<ul>${errors.map(({ field, message }) => html`<li><b>${labelOf(field)}</b>: ${message}</li>`)}</ul>
</div>`
  );
}

/** Attributes of a field that is refused. */
export function markInvalid(errors: readonly FieldError[], name: string): Html | false {
  return errors.some(({ field }) => nameOf(field) === name) && html` aria-invalid="true"`;
}

function labelOf(field: string): string {
  return LABELS[nameOf(field)] ?? field;
}

/** `scopes[1]` is one of the scopes. */
function nameOf(field: string): string {
  return field.replace(/\[\d+\]$/, '');
}
