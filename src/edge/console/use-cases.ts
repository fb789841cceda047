import type { AccountStore } from '../../accounts/account-store.ts';
import type { Authorities } from '../../accounts/authority.ts';
import type { CatalogueScope } from '../../config/config.ts';
import type { Decider } from '../../core/ports.ts';
import type { OwnTokenRevocation } from '../../revocation/own-token-revocation.ts';
import type { Idempotency } from '../../tokens/idempotency.ts';
import type { LogIn } from '../../tokens/log-in.ts';
import type { PrivateTokens } from '../../tokens/private-tokens.ts';
import type { TokenRotation } from '../../tokens/rotation.ts';
import type { ScopeRules } from '../../tokens/scope-rules.ts';
import type { TokenViews } from '../../tokens/token-views.ts';

/** The use cases that the pages need, the same as for the calls. A reload replaces them. */
export interface ConsoleUseCases {
  /** Checks sessions by the rule of {@link consoleRoute}. */
  readonly decider: Decider;
  readonly authorities: Pick<Authorities, 'nowSeconds' | 'of'>;
  readonly catalogue: ReadonlyMap<string, CatalogueScope>;
  readonly rules: ScopeRules;
  /** What API keys begin with; `undefined` if there are none. */
  readonly keyPrefix: string | undefined;
  readonly accountStore: Pick<AccountStore, 'findById'>;
  readonly idempotency: Idempotency;
  readonly logIn: LogIn;
  readonly privateTokens: PrivateTokens;
  readonly rotation: TokenRotation;
  readonly tokenViews: TokenViews;
  readonly ownTokenRevocation: OwnTokenRevocation;
}
