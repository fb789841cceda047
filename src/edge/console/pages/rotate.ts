import type { FieldError } from '../../../core/answer.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { tokenPath } from '../paths.ts';
import { expiryField, formId, radios } from './fields.ts';
import { formPage } from './form-errors.ts';
import { nameOf, scopeList } from './token-words.ts';

const OVERLAPS = [
  { value: '0', label: 'is revoked at once' },
  { value: '3600', label: 'stays valid for 1 hour' },
  { value: '86400', label: 'stays valid for 1 day' },
  { value: '604800', label: 'stays valid for 7 days' },
] as const;
/** Enough time to deploy the new token. */
const DEFAULT_OVERLAP = '3600';

export interface RotatePage {
  readonly token: TokenView;
  /** The values that were sent before. */
  readonly form: URLSearchParams;
  readonly nowSeconds: number;
  readonly errors?: readonly FieldError[];
}

export function rotatePage({ token, form, nowSeconds, errors = [] }: RotatePage): Page {
  const content = html`<p>A new token will replace <b><bdi>${nameOf(token)}</bdi></b>, with the same name and scopes: ${scopeList(token.scopes)}</p>
<form method="post" action="${tokenPath(token.id, 'rotate')}">
${formId()}
${expiryField(form, nowSeconds)}
<fieldset>
<legend>The old token</legend>
${radios('overlap', OVERLAPS, form.get('overlap') ?? DEFAULT_OVERLAP)}
<p class="hint">If it may be in the wrong hands, revoke it instead.</p>
</fieldset>
<p class="actions"><button>Rotate the token</button> <a class="button quiet" href="${tokenPath(token.id)}">Cancel</a></p>
</form>`;
  return formPage('Rotate a token', errors, content);
}
