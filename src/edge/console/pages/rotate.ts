import type { FieldError } from '../../../core/answer.ts';
import type { TokenView } from '../../../tokens/token-views.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { tokenPath } from '../paths.ts';
import { endField, formId, radios } from './fields.ts';
import { formPage } from './form-errors.ts';
import { nameOf, scopeList } from './token-words.ts';

const OVERLAPS = [
  { value: '0', label: 'ends at once' },
  { value: '3600', label: 'goes on for 1 hour' },
  { value: '86400', label: 'goes on for 1 day' },
  { value: '604800', label: 'goes on for 7 days' },
] as const;
/** Time to put the new one in its place. */
const DEFAULT_OVERLAP = '3600';

export interface RotatePage {
  readonly token: TokenView;
  /** As it was filled in before. */
  readonly form: URLSearchParams;
  readonly nowSeconds: number;
  readonly errors?: readonly FieldError[];
}

export function rotatePage({ token, form, nowSeconds, errors = [] }: RotatePage): Page {
  const content = html`<p>The token <b><bdi>${nameOf(token)}</bdi></b> gets a successor of the same name and scopes: ${scopeList(token.scopes)}</p>
<form method="post" action="${tokenPath(token.id, 'rotate')}">
${formId()}
${endField(form, nowSeconds)}
<fieldset>
<legend>The old token</legend>
${radios('overlap', OVERLAPS, form.get('overlap') ?? DEFAULT_OVERLAP)}
<p class="hint">If somebody else may have it, revoke it instead.</p>
</fieldset>
<p class="actions"><button>Rotate the token</button> <a class="button quiet" href="${tokenPath(token.id)}">Leave it</a></p>
</form>`;
  return formPage('Rotate a token', errors, content);
}
