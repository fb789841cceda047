import type { TokenView } from '../../tokens/token-views.ts';
import type { MemberVisit } from './visit.ts';

/** The token that the path names, where it is of the account that is logged in: others are as unknown as none. */
export async function ownToken({ params, services, session }: MemberVisit): Promise<TokenView | undefined> {
  const token = await services.tokenViews.find(params['id'] ?? '');
  return token?.accountId === session.accountId ? token : undefined;
}
