import { isLoopback } from './reading/addresses.ts';

/**
 * What is wrong with a URL that keys, or the word of an authorization server, are to come from: it must be https, or http on loopback, and hold no credentials.
 * `undefined` where nothing is. Never prints the URL: it may hold a password.
 */
export function keyUrlProblem(written: string, what: string): string | undefined {
  const url = URL.parse(written);
  if (url === null) return `expected the https URL of ${what}`;
  if (url.username !== '' || url.password !== '') return 'a URL must not hold credentials';
  if (url.protocol === 'https:') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return url.protocol === 'http:' && isLoopback(host)
    ? undefined
    : 'expected an https URL; http is taken on loopback only';
}
