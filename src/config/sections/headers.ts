import { MAX_HYPHENS } from '../../core/header-spellings.ts';
import { OVERRIDE_HEADERS } from '../../core/override-headers.ts';

/** No other character: servers fold some of those that a name may hold (RFC 9110, section 5.6.2) into one. */
const PLAIN_NAME = /^[a-z0-9-]+$/;

/** Fields that carry credentials, frame a message, choose its recipient or override its method. */
const RESERVED = new Set<string>([
  ...OVERRIDE_HEADERS,
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
]);

/** Why a header may not carry identity to upstreams, if it may not. */
export function headerProblem(name: string): string | undefined {
  if (!PLAIN_NAME.test(name))
    return "expected a header name of lower-case letters, digits and '-', such as x-auth-subject";
  if (name.split('-').length > MAX_HYPHENS + 1)
    return `at most ${MAX_HYPHENS} hyphens: all spellings of the name are removed`;
  return RESERVED.has(name) ? `'${name}' has another meaning and cannot carry identity` : undefined;
}
