import type { AccountManagement } from '../../accounts/account-management.ts';
import type { Authorities } from '../../accounts/authority.ts';
import type { ChangePassword } from '../../accounts/change-password.ts';
import type { CatalogueScope } from '../../config/config.ts';
import type { Decider } from '../../core/ports.ts';
import type { AdminRevocation } from '../../revocation/admin-revocation.ts';
import type { LeakReports } from '../../revocation/leaks/leak-reports.ts';
import type { LeakSignatures } from '../../revocation/leaks/leak-signatures.ts';
import type { OwnTokenRevocation } from '../../revocation/own-token-revocation.ts';
import type { PublishedKeySet } from '../../signing/published-key-set.ts';
import type { Idempotency } from '../../tokens/idempotency.ts';
import type { IntrospectToken } from '../../tokens/introspect-token.ts';
import type { IssueToken } from '../../tokens/issue-token.ts';
import type { LogIn } from '../../tokens/log-in.ts';
import type { PrivateTokens } from '../../tokens/private-tokens.ts';
import type { RefreshToken } from '../../tokens/refresh/refresh-token.ts';
import type { TokenRotation } from '../../tokens/rotation.ts';
import type { TokenViews } from '../../tokens/token-views.ts';

/** The use cases that the calls need. A reload replaces them. */
export interface TokenUseCases {
  /** Admits callers by the rules of {@link tokenRoutes}. */
  readonly decider: Decider;
  readonly authorities: Pick<Authorities, 'nowSeconds' | 'of'>;
  readonly catalogue: ReadonlyMap<string, CatalogueScope>;
  readonly idempotency: Idempotency;
  readonly issueToken: IssueToken;
  /** `undefined` if the configuration has no refresh tokens. */
  readonly refreshToken: RefreshToken | undefined;
  readonly ownTokenRevocation: OwnTokenRevocation;
  readonly logIn: LogIn;
  readonly privateTokens: PrivateTokens;
  readonly rotation: TokenRotation;
  readonly tokenViews: TokenViews;
  readonly adminRevocation: AdminRevocation;
  /** Checks who reports leaks; `undefined` if this configuration takes no reports. */
  readonly leakSignatures: LeakSignatures | undefined;
  readonly leakReports: LeakReports;
  readonly introspectToken: IntrospectToken;
  readonly accounts: AccountManagement;
  readonly changePassword: ChangePassword;
  /** The `iss` of our own tokens. */
  readonly issuer: string;
  readonly keySet: PublishedKeySet;
}
