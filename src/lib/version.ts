import { readFileSync } from 'node:fs';

const PACKAGE = new URL('../../package.json', import.meta.url);

/** The version of this Sallyport. */
export function readVersion(): string {
  const own: unknown = JSON.parse(readFileSync(PACKAGE, 'utf8'));
  return typeof own === 'object' && own !== null && 'version' in own ? String(own.version) : 'unknown';
}
