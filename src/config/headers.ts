/** Field-name characters (RFC 9110, section 5.6.2) without upper case, and without `_` and `.`, which proxies alter. */
const PLAIN_NAME = /^[a-z0-9!#$%&'*+^`|~-]+$/;

/** Fields that carry credentials, frame a message, choose its recipient or override its method. */
const RESERVED = new Set([
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
  'x-http-method',
  'x-http-method-override',
  'x-original-url',
  'x-rewrite-url',
  'x-method',
  'x-method-override',
]);

/** Why a header may not carry identity to upstreams, if it may not. */
export function headerProblem(name: string): string | undefined {
  if (!PLAIN_NAME.test(name))
    return "expected a lower-case header name without '_', '.' and ':', such as x-auth-subject";
  return RESERVED.has(name) ? `'${name}' has another meaning and cannot carry identity` : undefined;
}
