import type { CatalogueScope } from '../../../config/config.ts';
import type { FieldError } from '../../../core/answer.ts';
import { ALL_ANY, MANAGEMENT_SCOPES } from '../../../core/scope.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { CREATE } from '../paths.ts';
import { duration } from '../times.ts';
import { expiryField, formId, radios } from './fields.ts';
import { formPage, markInvalid } from './form-errors.ts';

export interface CreatePage {
  /** The scopes to choose from. */
  readonly scopes: readonly string[];
  readonly catalogue: ReadonlyMap<string, CatalogueScope>;
  /** What API keys begin with; `undefined` if there are none. */
  readonly keyPrefix: string | undefined;
  /** Returns the longest life of a token with a scope, in seconds; `Infinity` without a limit. */
  readonly maxTtlSeconds: (scope: string) => number;
  /** The values that were sent before. */
  readonly form: URLSearchParams;
  readonly nowSeconds: number;
  readonly errors?: readonly FieldError[];
}

export function createPage(page: CreatePage): Page {
  const { scopes, catalogue, keyPrefix, maxTtlSeconds, form, nowSeconds, errors = [] } = page;
  const chosen = new Set(form.getAll('scopes'));
  const boxes = scopes.map((scope) => {
    const words = catalogue.get(scope)?.description ?? wideScope(scope);
    return scopeBox(scope, words, maxTtlSeconds(scope), chosen.has(scope));
  });
  const content = html`<form method="post" action="${CREATE}">
${formId()}
<label>Name <small>where it will be used, for example “billing server”</small>
<input name="name" maxlength="128" autocomplete="off" required value="${form.get('name') ?? ''}"${markInvalid(errors, 'name')}></label>
<fieldset>
<legend>Scopes</legend>
${boxes.length === 0 ? html`<p>Your account has no scopes, so you cannot create a token.</p>` : boxes}
</fieldset>
${expiryField(form, nowSeconds)}
${keyPrefix !== undefined && formField(form, keyPrefix)}
<button>Create the token</button>
</form>`;
  return formPage('Create a token', errors, content);
}

/** Returns the choice between a JWT and an API key. */
function formField(form: URLSearchParams, keyPrefix: string): Html {
  const choices = [
    { value: 'jwt', label: html`JWT <small>a signed token, which other services can verify too</small>` },
    { value: 'key', label: html`API key <small>a short key that begins with <code>${keyPrefix}_</code></small>` },
  ];
  return html`<fieldset>
<legend>Form</legend>
${radios('form', choices, form.get('form') ?? 'jwt')}
</fieldset>`;
}

function scopeBox(scope: string, description: string | undefined, maxTtlSeconds: number, isChosen: boolean): Html {
  const isLimited = Number.isFinite(maxTtlSeconds);
  const limit = isLimited ? `at most ${duration(maxTtlSeconds)}` : undefined;
  const words = [description, limit].filter((word) => word !== undefined).join('; ');
  return html`<label class="choice"><input type="checkbox" name="scopes" value="${scope}"${isChosen && html` checked`}${
    isLimited && html` data-max-seconds="${maxTtlSeconds}"`
  }> <code>${scope}</code> <small>${words}</small></label>`;
}

/** Describes a scope that is not in the catalogue. */
function wideScope(scope: string): string | undefined {
  if (scope === ALL_ANY) return 'All scopes of the catalogue, including those added later';
  return MANAGEMENT_SCOPES.has(scope) ? 'Manages Sallyport itself' : undefined;
}
