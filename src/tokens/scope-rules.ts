import type { CatalogueScope } from '../config/config.ts';
import { ALL_ANY, covers } from '../core/scope.ts';
import { isScope, noSuchScope, scopeNames } from './scope-names.ts';

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
      if (!isScope(this.catalogue, scope)) return [{ field, message: noSuchScope(this.catalogue, scope) }];
      return covers(granted, scope) ? [] : [{ field, message: `the account does not have ${scope}` }];
    });
  }

  /** All that an account with these scopes may ask for, the wide ones last. */
  offered(granted: ReadonlySet<string>): string[] {
    return scopeNames(this.catalogue).filter((scope) => covers(granted, scope));
  }

  /** Longest life of a token that covers what these do, in seconds; `Infinity` where none of them says. */
  maxTtlSeconds(scopes: readonly string[]): number {
    const covered = scopes.includes(ALL_ANY) ? [...this.catalogue.keys()] : scopes;
    return Math.min(...covered.map((scope) => this.catalogue.get(scope)?.maxTtlSeconds ?? Number.POSITIVE_INFINITY));
  }
}
