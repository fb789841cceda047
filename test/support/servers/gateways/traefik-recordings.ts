/**
 * What Traefik sends to Sallyport for a request, as its source says. Traefik itself does not run in the tests.
 *
 * `{client}` stands for the client's own fields, in Go's canonical spelling; other braces for facts of the request.
 */
export interface TraefikRecording {
  /** For test names. */
  readonly name: string;
  /** Where it is read from, in the repository `traefik/traefik`. */
  readonly source: string;
  /** Without its end: two line breaks follow. */
  readonly request: string;
}

const FORWARD_GO = 'pkg/middlewares/auth/forward.go';

/** The order is Go's: `Host`, then the fields by name, then `Accept-Encoding`, which its transport adds. */
export const TRAEFIK_RECORDINGS: readonly TraefikRecording[] = [
  {
    name: 'trustForwardHeader: false',
    source: `v3.7.9, ${FORWARD_GO}, writeHeader; the same in v2.11.53`,
    request: `GET /auth HTTP/1.1
Host: {sallyport}
{client}
X-Forwarded-For: {address}
X-Forwarded-Host: {host}
X-Forwarded-Method: {method}
X-Forwarded-Port: 80
X-Forwarded-Proto: http
X-Forwarded-Uri: {target}
Accept-Encoding: gzip`,
  },
  {
    name: 'trustForwardHeader: true behind an entry point that trusts no client',
    source: `v3.7.9, ${FORWARD_GO}, writeHeader, after pkg/middlewares/forwardedheaders/forwarded_header.go, rewrite`,
    request: `GET /auth HTTP/1.1
Host: {sallyport}
{client}
X-Forwarded-For: {address}
X-Forwarded-Host: {host}
X-Forwarded-Method: {method}
X-Forwarded-Port: 80
X-Forwarded-Proto: http
X-Forwarded-Server: traefik-7d9f
X-Forwarded-Uri: {target}
X-Real-Ip: {address}
Accept-Encoding: gzip`,
  },
  {
    name: 'trustForwardHeader unset, and X-Forwarded-Prefix of the client',
    source: `v3.7.9, ${FORWARD_GO}, oldWriteHeader, and forward_test.go, "X-Forwarded-Prefix is kept for non-breaking behavior"`,
    request: `GET /auth HTTP/1.1
Host: {sallyport}
{client}
X-Forwarded-For: {address}
X-Forwarded-Host: {host}
X-Forwarded-Method: {method}
X-Forwarded-Port: 80
X-Forwarded-Prefix: /health
X-Forwarded-Proto: http
X-Forwarded-Server: traefik-7d9f
X-Forwarded-Uri: {target}
X-Real-Ip: {address}
Accept-Encoding: gzip`,
  },
  {
    name: 'preserveRequestMethod and forwardBody',
    source: `v3.7.9, ${FORWARD_GO}, ServeHTTP`,
    request: `POST /auth HTTP/1.1
Host: {sallyport}
Content-Length: 0
{client}
X-Forwarded-For: {address}
X-Forwarded-Host: {host}
X-Forwarded-Method: {method}
X-Forwarded-Port: 80
X-Forwarded-Proto: http
X-Forwarded-Uri: {target}
Accept-Encoding: gzip`,
  },
];

/** Names that Traefik manages (`XHeadersSet` in forwarded_header.go), in lower case and with hyphens. */
export const MANAGED = new Set([
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-forwarded-uri',
  'x-forwarded-method',
  'x-forwarded-prefix',
  'x-forwarded-tls-client-cert',
  'x-forwarded-tls-client-cert-info',
  'x-scheme',
  'x-real-ip',
]);

/** `hopHeaders` in forward.go. */
export const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'trailers', 'transfer-encoding', 'upgrade']);
