import type { TokenView } from '../../tokens/token-views.ts';
import type { SessionRequest } from './page-request.ts';

/** Returns the token that the path names; `undefined` if it does not exist or is of another account. */
export async function ownToken({ params, services, session }: SessionRequest): Promise<TokenView | undefined> {
  return await services.tokenViews.find(session.accountId, params['id'] ?? '');
}
