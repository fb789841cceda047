import type { CatalogueScope } from '../../../config/config.ts';
import type { FieldError } from '../../../core/answer.ts';
import { ALL_ANY, MANAGEMENT_SCOPES } from '../../../core/scope.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { CREATE } from '../paths.ts';
import { duration } from '../times.ts';
import { endField, formId } from './fields.ts';
import { formPage, markInvalid } from './form-errors.ts';

export interface CreatePage {
  /** What may be chosen. */
  readonly scopes: readonly string[];
  readonly catalogue: ReadonlyMap<string, CatalogueScope>;
  /** Longest life of a token with a scope, in seconds; `Infinity` where nothing limits it. */
  readonly maxTtlSeconds: (scope: string) => number;
  /** As it was filled in before. */
  readonly form: URLSearchParams;
  readonly nowSeconds: number;
  readonly errors?: readonly FieldError[];
}

export function createPage({ scopes, catalogue, maxTtlSeconds, form, nowSeconds, errors = [] }: CreatePage): Page {
  const chosen = new Set(form.getAll('scopes'));
  const boxes = scopes.map((scope) => {
    const words = catalogue.get(scope)?.description ?? wideScope(scope);
    return scopeBox(scope, words, maxTtlSeconds(scope), chosen.has(scope));
  });
  const content = html`<form method="post" action="${CREATE}">
${formId()}
<label>Name <small>where it will be used, as in “billing server”</small>
<input name="name" maxlength="128" autocomplete="off" required value="${form.get('name') ?? ''}"${markInvalid(errors, 'name')}></label>
<fieldset>
<legend>What it may do</legend>
${boxes.length === 0 ? html`<p>Your account has no scope, so there is nothing a token could be for.</p>` : boxes}
</fieldset>
${endField(form, nowSeconds)}
<button>Create the token</button>
</form>`;
  return formPage('Create a token', errors, content);
}

function scopeBox(scope: string, description: string | undefined, maxTtlSeconds: number, isChosen: boolean): Html {
  const isLimited = Number.isFinite(maxTtlSeconds);
  const limit = isLimited ? `at most ${duration(maxTtlSeconds)}` : undefined;
  const words = [description, limit].filter((word) => word !== undefined).join('; ');
  return html`<label class="choice"><input type="checkbox" name="scopes" value="${scope}"${isChosen && html` checked`}${
    isLimited && html` data-max-seconds="${maxTtlSeconds}"`
  }> <code>${scope}</code> <small>${words}</small></label>`;
}

/** What the catalogue does not describe, since it is not in it. */
function wideScope(scope: string): string | undefined {
  if (scope === ALL_ANY) return 'Every scope of the catalogue, also what is added later';
  return MANAGEMENT_SCOPES.has(scope) ? 'Over Sallyport itself' : undefined;
}
