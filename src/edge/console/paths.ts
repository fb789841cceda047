import { HOME } from './route.ts';

/** What a page says because of what was done before it. */
const NOTICES = {
  ended: 'Your session has ended. Log in again.',
  'logged-out': 'You are logged out.',
  revoked: 'The token is revoked. It does not count any more.',
} as const;

type Notice = keyof typeof NOTICES;

export const CREATE = `${HOME}/tokens/new`;

export function logInPath(notice?: Notice): string {
  return notice === undefined ? `${HOME}/login` : `${HOME}/login?notice=${notice}`;
}

/** @param action what is to be done with it; without one, it is shown. */
export function tokenPath(id: string, action?: 'rotate' | 'revoke', notice?: Notice): string {
  const path = `${HOME}/tokens/${encodeURIComponent(id)}${action === undefined ? '' : `/${action}`}`;
  return notice === undefined ? path : `${path}?notice=${notice}`;
}

/** From the closed list, whatever the address says. */
export function noticeOf(query: URLSearchParams): string | undefined {
  const name = query.get('notice') ?? '';
  return Object.hasOwn(NOTICES, name) ? NOTICES[name as Notice] : undefined;
}
