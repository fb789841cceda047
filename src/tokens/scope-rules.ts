import type { CatalogueScope } from '../config/config.ts';
import { nearest } from '../core/nearest.ts';
import { ALL_ANY, covers, MANAGEMENT_SCOPES } from '../core/scope.ts';

/** What is wrong with one field of a request. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** What may be asked for: scopes of the catalogue, within an account's own, and how long each may last. */
export class ScopeRules {
  private readonly catalogue: ReadonlyMap<string, CatalogueScope>;

  constructor(catalogue: ReadonlyMap<string, CatalogueScope>) {
    this.catalogue = catalogue;
  }

  /** Problems of the field `scopes`. */
  check(scopes: readonly string[], granted: ReadonlySet<string>): FieldError[] {
    return scopes.flatMap((scope, index) => {
      const field = `scopes[${index}]`;
      if (!this.isKnown(scope))
        return [{ field, message: `no such scope: ${JSON.stringify(scope)}${this.hint(scope)}` }];
      return covers(granted, scope) ? [] : [{ field, message: `the account does not have ${scope}` }];
    });
  }

  /** All that an account with these scopes may ask for, the wide ones last. */
  offered(granted: ReadonlySet<string>): string[] {
    return [...this.catalogue.keys(), ALL_ANY, ...MANAGEMENT_SCOPES].filter((scope) => covers(granted, scope));
  }

  /** Longest life of a token that covers what these do, in seconds; `Infinity` where none of them says. */
  maxTtlSeconds(scopes: readonly string[]): number {
    const covered = scopes.includes(ALL_ANY) ? [...this.catalogue.keys()] : scopes;
    return Math.min(...covered.map((scope) => this.catalogue.get(scope)?.maxTtlSeconds ?? Number.POSITIVE_INFINITY));
  }

  isKnown(scope: string): boolean {
    return this.catalogue.has(scope) || scope === ALL_ANY || MANAGEMENT_SCOPES.has(scope);
  }

  private hint(scope: string): string {
    const near = nearest(scope, [...this.catalogue.keys(), ALL_ANY, ...MANAGEMENT_SCOPES]);
    return near === undefined ? '' : `, did you mean ${JSON.stringify(near)}?`;
  }
}
