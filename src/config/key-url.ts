import { isLoopback } from './reading/addresses.ts';

/**
 * Returns what is wrong with the URL of a key set or an authorization server, or `undefined`. The URL must be https, or
 * http on loopback, and must not contain credentials. The message never quotes the URL: it may contain a password.
 *
 * @param what names the resource in the message.
 */
export function keyUrlProblem(written: string, what: string): string | undefined {
  const url = URL.parse(written);
  if (url === null) return `expected the https URL of ${what}`;
  if (url.username !== '' || url.password !== '') return 'a URL must not contain credentials';
  if (url.protocol === 'https:') return undefined;
  return url.protocol === 'http:' && isLoopbackUrl(url)
    ? undefined
    : 'expected an https URL; http is accepted on loopback only';
}

/** Whether a URL is of this machine. */
export function isLoopbackUrl({ hostname }: URL): boolean {
  return isLoopback(hostname.replace(/^\[|\]$/g, ''));
}
