import { MAX_HYPHENS } from '../../../core/upstream/header-spellings.ts';
import { OVERRIDE_HEADERS } from '../../../core/upstream/override-headers.ts';

/** Excludes the other characters of RFC 9110, section 5.6.2: servers may treat several of them as the same one. */
const PLAIN_NAME = /^[a-z0-9-]+$/;

/** Fields that carry credentials, frame a message, select its recipient or override its method. */
const RESERVED = new Set<string>([
  ...OVERRIDE_HEADERS,
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'dpop',
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

/** Fields by which a listener of ours, or another filter, instructs the gateway: forward-auth answers with the identity. */
const INSTRUCTS_GATEWAY =
  /^(?:access-control-.*|x-accel-.*|x-envoy-.*|x-sallyport-.*|cache-control|dpop-nonce|location|retry-after)$/;

/** Returns why a header cannot carry identity to upstreams, or `undefined`. */
export function headerProblem(name: string): string | undefined {
  if (!PLAIN_NAME.test(name))
    return "expected a header name of lower-case letters, digits and '-', such as x-auth-subject";
  if (name.split('-').length > MAX_HYPHENS + 1)
    return `at most ${MAX_HYPHENS} hyphens: every spelling of the name is removed from requests`;
  return RESERVED.has(name) || INSTRUCTS_GATEWAY.test(name)
    ? `'${name}' has another meaning and cannot carry identity`
    : undefined;
}
