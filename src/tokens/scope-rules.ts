import { isScope, noSuchScope, scopeNames } from '../accounts/scope-names.ts';
import type { CatalogueScope } from '../config/config.ts';
import type { FieldError } from '../core/answer.ts';
import { ALL_ANY, covers } from '../core/scope.ts';

/** How long a token may last, and the scope because of which it may not last longer, where that is one. */
export interface LongestLife {
  readonly seconds: number;
  readonly of: string | undefined;
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
    return this.longestLife(scopes, Number.POSITIVE_INFINITY).seconds;
  }

  /** The same, where no token may last longer than `mostSeconds`. */
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
