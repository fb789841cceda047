/** What a gateway passes on of Sallyport's answers, as `docs/gateways/README.md` says. */
export interface PassedOn {
  /** As its makers write it. */
  readonly title: string;
  /** Whether the tests run it, or replay what its source says. */
  readonly runs: boolean;
  /** What the client reads for each status of a denial. */
  readonly status: Readonly<Record<DenialStatus, number>>;
  /** How the client reads several challenges (`WWW-Authenticate`). */
  readonly challenges: 'as sent' | 'in one field' | 'not all';
  /** Whether the client reads the problem document. */
  readonly body: boolean;
  /** Whether the client reads Sallyport's `Retry-After`, and not the gateway's. */
  readonly retryAfter: Readonly<Record<429 | 503, boolean>>;
  /** `Deprecation` and `Sunset`, which clients with a password read. */
  readonly notice: { readonly ofDenial: boolean; readonly ofPass: boolean };
  /** What the client reads while Sallyport cannot be reached. */
  readonly unreachable: number;
  /** Whether Sallyport is shown the address that the gateway sees, and not one that the client names. */
  readonly clientAddress: boolean;
  /** Whether its port takes HTTP/2 without TLS, beside HTTP/1.1. */
  readonly http2: boolean;
  /** Whether Sallyport is shown the body of the request. It reads none. */
  readonly requestBody: boolean;
}

export const DENIAL_STATUSES = [400, 401, 403, 429, 503] as const;
export type DenialStatus = (typeof DENIAL_STATUSES)[number];

const EVERYTHING = {
  runs: true,
  status: { 400: 400, 401: 401, 403: 403, 429: 429, 503: 503 },
  challenges: 'as sent',
  body: true,
  retryAfter: { 429: true, 503: true },
  notice: { ofDenial: true, ofPass: true },
  unreachable: 503,
  clientAddress: true,
  http2: true,
  requestBody: false,
} as const;

/** By the name of the gateway's folder in `deploy/gateways`. */
export const PASSED_ON: Readonly<Record<string, PassedOn>> = {
  nginx: {
    ...EVERYTHING,
    title: 'nginx',
    challenges: 'in one field',
    http2: false,
  },
  'ingress-nginx': {
    ...EVERYTHING,
    title: 'ingress-nginx',
    status: { 400: 403, 401: 401, 403: 403, 429: 403, 503: 500 },
    challenges: 'in one field',
    body: false,
    retryAfter: { 429: false, 503: false },
    notice: { ofDenial: false, ofPass: false },
    unreachable: 500,
    http2: false,
  },
  'envoy-http': {
    ...EVERYTHING,
    title: 'Envoy over HTTP',
    status: { ...EVERYTHING.status, 503: 429 },
  },
  caddy: { ...EVERYTHING, title: 'Caddy' },
  haproxy: { ...EVERYTHING, title: 'HAProxy' },
  traefik: {
    ...EVERYTHING,
    title: 'Traefik',
    runs: false,
    notice: { ofDenial: true, ofPass: false },
    unreachable: 500,
  },
};

/** The rows of the table in `docs/gateways/README.md`, without its first column. */
const ROWS: Readonly<Record<string, (gateway: PassedOn) => string>> = {
  ...Object.fromEntries(
    DENIAL_STATUSES.map((status) => [`status ${status}`, (gateway: PassedOn) => String(gateway.status[status])]),
  ),
  'several challenges': ({ challenges }) => challenges,
  'the problem document': ({ body }) => (body ? 'yes' : 'no'),
  '`Retry-After` with 429': ({ retryAfter }) => (retryAfter[429] ? 'yes' : 'no'),
  '`Retry-After` with 503': ({ retryAfter }) => (retryAfter[503] ? 'yes' : 'no'),
  '`Deprecation`, `Sunset` with a denial': ({ notice }) => (notice.ofDenial ? 'yes' : 'no'),
  '`Deprecation`, `Sunset` with a request that passes': ({ notice }) => (notice.ofPass ? 'yes' : 'no'),
  'status while Sallyport is away': ({ unreachable }) => String(unreachable),
  "the client's address reaches Sallyport": ({ clientAddress }) => (clientAddress ? 'yes' : 'no'),
  'the body of the request reaches Sallyport': ({ requestBody }) => (requestBody ? 'yes' : 'no'),
  'HTTP/2 without TLS on the same port': ({ http2 }) => (http2 ? 'yes' : 'no'),
  'how we know': ({ runs }) => (runs ? 'our tests run it' : 'its source'),
};

/** Returns the table in Markdown. */
export function passedOnTable(): string {
  const gateways = Object.entries(PASSED_ON);
  const head = ['', ...gateways.map(([name, { title }]) => `[${title}](${name}.md)`)];
  const rows = Object.entries(ROWS).map(([label, cell]) => [label, ...gateways.map(([, gateway]) => cell(gateway))]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
