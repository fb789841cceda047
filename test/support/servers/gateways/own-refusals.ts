/** Cases that a gateway refuses by itself, so that the client does not read Sallyport's answer. */
export interface OwnRefusal {
  /** Matches the names of the cases in `test/e2e/cases.ts`. */
  readonly cases: RegExp;
  readonly status: number;
  /** A line of `docs/gateways/README.md`. */
  readonly why: string;
}

const NGINX: readonly OwnRefusal[] = [
  {
    cases: /^(two Authorization headers|a token and a password)$/,
    status: 400,
    why: 'nginx refuses a second `Authorization` header.',
  },
  {
    cases: /^refused: 40 KB/,
    status: 400,
    why: 'nginx refuses a header over 8 KB (`large_client_header_buffers`).',
  },
  { cases: /^the method \w*[a-z]/, status: 400, why: 'nginx refuses a method with lower-case letters.' },
];

/** By the name of the gateway's folder in `deploy/gateways`. */
export const OWN_REFUSALS: Readonly<Record<string, readonly OwnRefusal[]>> = {
  nginx: NGINX,
  'ingress-nginx': [
    ...NGINX,
    {
      cases: /^(a path that is not listed|a path in other letter case|the method \S+ without a rule)$/,
      status: 404,
      why: 'ingress-nginx answers 404 for a path that no Ingress names.',
    },
  ],
  haproxy: [{ cases: /^refused: 40 KB/, status: 400, why: 'HAProxy refuses a request over 16 KB (`tune.bufsize`).' }],
};
