import type { ForwardAuthMode } from '../../src/config/config.ts';
import { OVERRIDE_HEADERS } from '../../src/core/upstream/override-headers.ts';
import type { RawRequest, RawResponse } from '../support/servers/raw-client.ts';
import { valuesOf } from '../support/servers/raw-client.ts';
import type { CaseRequest } from './case-run.ts';

const IDENTITY = ['subject', 'scopes', 'token-id', 'issuer', 'scheme'].map((name) => `x-auth-${name}`);
/** What a gateway removes of a client's request before it asks, in modes that cannot have it removed by Sallyport. */
const STRIPPED: ReadonlySet<string> = new Set(OVERRIDE_HEADERS);

/** How the gateways of each mode ask about a client's request. */
export const QUESTIONS: Readonly<Record<ForwardAuthMode, (request: CaseRequest) => RawRequest>> = {
  nginx: ({ method, host, path, headers }) => ({
    line: 'GET /auth HTTP/1.1',
    headers: [
      ['Host', 'sallyport'],
      ['X-Original-Method', method],
      ['X-Original-URL', `http://${host}${path}`],
      ...shown(headers),
    ],
  }),
  forwarded: ({ method, host, path, headers }) => ({
    line: 'GET /auth HTTP/1.1',
    headers: [
      ['Host', 'sallyport'],
      ['X-Forwarded-Method', method],
      ['X-Forwarded-Host', host],
      ['X-Forwarded-Uri', path],
      ...shown(headers),
    ],
  }),
  path: ({ method, host, path, headers }) => ({
    line: `${method} /auth${path} HTTP/1.1`,
    headers: [['Host', host], ...headers],
  }),
};

function shown(headers: CaseRequest['headers']): CaseRequest['headers'] {
  return headers.filter(([name]) => !STRIPPED.has(name.toLowerCase()) && !/[^a-z0-9-]/i.test(name));
}

/** The header fields that the upstream receives, by lower-case name, after a gateway has applied an answer. */
export function upstreamOf(
  mode: ForwardAuthMode,
  { headers }: CaseRequest,
  answer: RawResponse,
): Readonly<Record<string, string>> {
  const client = mode === 'path' ? headers : shown(headers);
  const upstream = new Map(client.map(([name, value]) => [name.toLowerCase(), value]));
  const copied = mode === 'path' ? IDENTITY : [...IDENTITY, 'authorization'];
  const removed = mode === 'path' ? valuesOf(answer, 'x-envoy-auth-headers-to-remove').join(',').split(',') : copied;
  for (const name of removed) upstream.delete(name);
  for (const name of copied) {
    const [value] = valuesOf(answer, name);
    if (value !== undefined) upstream.set(name, value);
  }
  return Object.fromEntries(upstream);
}

/** The denial that the client reads, if its gateway passes on all that it can. */
export function denialOf(mode: ForwardAuthMode, answer: RawResponse) {
  const challenges = valuesOf(answer, 'www-authenticate');
  if (mode !== 'nginx') return { status: answer.status, challenges, body: answer.body };
  const [status = ''] = valuesOf(answer, 'x-sallyport-status');
  const [body = ''] = valuesOf(answer, 'x-sallyport-problem');
  // In one field, because nginx passes on only one.
  return { status: Number(status), challenges: challenges.flatMap((field) => field.split(/, (?=Basic )/)), body };
}
