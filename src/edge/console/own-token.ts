import type { TokenView } from '../../tokens/token-views.ts';
import type { SessionRequest } from './page-request.ts';

/** The token that the path names, where it is of the account that is logged in: others are as unknown as none. */
export async function ownToken({ params, services, session }: SessionRequest): Promise<TokenView | undefined> {
  return await services.tokenViews.find(session.accountId, params['id'] ?? '');
}
