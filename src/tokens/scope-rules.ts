import { isScope, noSuchScope, scopeNames } from '../accounts/scope-names.ts';
import type { CatalogueScope } from '../config/config.ts';
import type { FieldError } from '../core/answer.ts';
import { ALL_ANY, covers } from '../core/scope.ts';

/** The longest permitted lifetime of a token. */
export interface LongestLife {
  readonly seconds: number;
  /** The scope that sets this limit; `undefined` if the limit is a general one. */
  readonly of: string | undefined;
}

/** Which scopes of the catalogue an account can request, and how long a token with them may be valid. */
export class ScopeRules {
  private readonly catalogue: ReadonlyMap<string, CatalogueScope>;

  constructor(catalogue: ReadonlyMap<string, CatalogueScope>) {
    this.catalogue = catalogue;
  }

  /** Returns the errors of the field `scopes`: unknown scopes, and those that `granted` does not cover. */
  check(scopes: readonly string[], granted: ReadonlySet<string>): FieldError[] {
    return scopes.flatMap((scope, index) => {
      const field = `scopes[${index}]`;
      if (!isScope(this.catalogue, scope)) return [{ field, message: noSuchScope(this.catalogue, scope) }];
      return covers(granted, scope) ? [] : [{ field, message: `the account does not have ${scope}` }];
    });
  }

  /** Returns all scopes that an account with these scopes can request, built-in ones last. */
  offered(granted: ReadonlySet<string>): string[] {
    return scopeNames(this.catalogue).filter((scope) => covers(granted, scope));
  }

  /** Returns the longest lifetime of a token with these scopes, in seconds; `Infinity` if no scope limits it. */
  maxTtlSeconds(scopes: readonly string[]): number {
    return this.longestLife(scopes, Number.POSITIVE_INFINITY).seconds;
  }

  /** Returns the longest lifetime of a token with these scopes, and at most `mostSeconds`. */
  longestLife(scopes: readonly string[], mostSeconds: number): LongestLife {
    const covered = scopes.includes(ALL_ANY) ? [...this.catalogue.keys()] : scopes;
    let longest: LongestLife = { seconds: mostSeconds, of: undefined };
    for (const of of covered) {
      const { maxTtlSeconds: seconds = Number.POSITIVE_INFINITY } = this.catalogue.get(of) ?? {};
      if (seconds < longest.seconds) longest = { seconds, of };
    }
    return longest;
  }
}
