import type { FieldError } from '../../../core/answer.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';

/** The labels of the fields of a request. */
const LABELS: Readonly<Record<string, string>> = {
  name: 'Name',
  scopes: 'Scopes',
  expires_at: 'Expiry',
  overlap: 'Old token',
  reason: 'Reason',
  form_id: 'Form',
  password: 'Password',
};

/** Returns a page with a form, and above it the errors for which it was refused. */
export function formPage(title: string, errors: readonly FieldError[], form: Html): Page {
  const body = html`${errorSummary(errors)}\n${form}`;
  return { kind: 'page', status: errors.length === 0 ? 200 : 400, title, body, isLoggedIn: true };
}

/** Lists all errors of a refused form. Screen readers announce it, and it has the focus. */
function errorSummary(errors: readonly FieldError[]): Html | false {
  return (
    errors.length > 0 &&
    html`<div class="error" role="alert" tabindex="-1" autofocus>
<p>Nothing was changed:</p>
<ul>${errors.map(({ field, message }) => html`<li><b>${labelOf(field)}</b>: ${message}</li>`)}</ul>
</div>`
  );
}

/** Returns the attribute of an invalid field. */
export function markInvalid(errors: readonly FieldError[], name: string): Html | false {
  return errors.some(({ field }) => nameOf(field) === name) && html` aria-invalid="true"`;
}

function labelOf(field: string): string {
  return LABELS[nameOf(field)] ?? field;
}

/** Returns the name of the form's field: `scopes[1]` is an item of `scopes`. */
function nameOf(field: string): string {
  return field.replace(/\[\d+\]$/, '');
}
