import { HOME } from './route.ts';

/** What a page says about the action before it. */
const NOTICES = {
  ended: 'Your session has ended. Log in again.',
  'logged-out': 'You are logged out.',
  revoked: 'The token is revoked. It no longer works.',
} as const;

type Notice = keyof typeof NOTICES;

export const CREATE = `${HOME}/tokens/new`;

export function logInPath(notice?: Notice): string {
  return notice === undefined ? `${HOME}/login` : `${HOME}/login?notice=${notice}`;
}

/** @param action the form to show for the token; without one, its details. */
export function tokenPath(id: string, action?: 'rotate' | 'revoke', notice?: Notice): string {
  const path = `${HOME}/tokens/${encodeURIComponent(id)}${action === undefined ? '' : `/${action}`}`;
  return notice === undefined ? path : `${path}?notice=${notice}`;
}

/** Returns the notice that the query names, from a closed list. */
export function noticeOf(query: URLSearchParams): string | undefined {
  const name = query.get('notice') ?? '';
  return Object.hasOwn(NOTICES, name) ? NOTICES[name as Notice] : undefined;
}
