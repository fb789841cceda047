import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../load.ts';

const SECRET = 'a secret of thirty-two characters, or more';
const ORIGINS = 'origins: [https://api.example.com]';

function load(dpop: string | undefined, routeBound = '', issuerBound = '') {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-dpop-'));
  try {
    const file = join(folder, 'sallyport.yaml');
    const section = dpop === undefined ? '' : `dpop: ${dpop}\n`;
    writeFileSync(
      file,
      `version: 1
listen: { extAuthz: "127.0.0.1:1" }
store: "memory:"
${section}issuers:
  - { name: bank, issuer: "https://bank.example", audience: a, algorithms: [ES256], jwks: "https://bank.example/keys"${issuerBound} }
routes:
  - { path: /m, authenticated: true${routeBound} }
`,
    );
    return loadConfig(file, { NONCE_SECRET: SECRET, SHORT: 'short' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function problemsOf(...parts: Parameters<typeof load>): readonly string[] {
  const loaded = load(...parts);
  return loaded.ok ? [] : loaded.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

function dpopOf(dpop: string | undefined) {
  const loaded = load(dpop);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.dpop;
}

describe('dpop', () => {
  it('is off without the section', () => {
    expect(dpopOf(undefined)).toEqual({ kind: 'off' });
  });

  it('has the usual values, and origins in normal form', () => {
    expect(dpopOf('{ origins: ["https://API.example.com:443", "http://127.0.0.1:8080"] }')).toEqual({
      kind: 'on',
      origins: ['https://api.example.com', 'http://127.0.0.1:8080'],
      algorithms: ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
      maxAgeMs: 60_000,
      replay: 'store',
      nonce: undefined,
    });
  });

  it('reads every key', () => {
    const nonce = 'nonce: { secret: { env: NONCE_SECRET }, lifetime: 1m }';
    expect(dpopOf(`{ ${ORIGINS}, algorithms: [ES512], maxAge: 5s, replay: memory, ${nonce} }`)).toMatchObject({
      algorithms: ['ES512'],
      maxAgeMs: 5_000,
      replay: 'memory',
      nonce: { lifetimeMs: 60_000 },
    });
  });

  it.each([
    ['{}', /^4 dpop.*origins/],
    ['{ origins: [] }', /^4 dpop\.origins/],
    ['{ origins: https://api.example.com }', /^4 dpop\.origins.*list of origins/],
    ['{ origins: [https://api.example.com/] }', /^4 dpop\.origins\[0\].*without a path/],
    ['{ origins: [api.example.com] }', /^4 dpop\.origins\[0\].*expected an origin such as/],
    ['{ origins: ["https://*.example.com"] }', /^4 dpop\.origins\[0\].*expected an origin such as/],
    ['{ origins: ["https://a:b@api.example.com"] }', /^4 dpop\.origins\[0\].*expected an origin such as/],
    ['{ origins: [http://api.example.com] }', /^4 dpop\.origins\[0\].*https/],
    [`{ ${ORIGINS}, algorithms: [HS256] }`, /^4 dpop\.algorithms\[0\]/],
    [`{ ${ORIGINS}, algorithms: [none] }`, /^4 dpop\.algorithms\[0\]/],
    [`{ ${ORIGINS}, algorithms: [] }`, /^4 dpop\.algorithms/],
    [`{ ${ORIGINS}, maxAge: 500ms }`, /^4 dpop\.maxAge/],
    [`{ ${ORIGINS}, maxAge: 11m }`, /^4 dpop\.maxAge/],
    [`{ ${ORIGINS}, replay: redis }`, /^4 dpop\.replay.*store or memory/],
    [`{ ${ORIGINS}, nonce: true }`, /^4 dpop\.nonce/],
    [`{ ${ORIGINS}, nonce: {} }`, /^4 dpop\.nonce/],
    [`{ ${ORIGINS}, nonce: { secret: { env: SHORT } } }`, /^4 dpop\.nonce\.secret.*32/],
    [`{ ${ORIGINS}, nonce: { secret: { env: ABSENT } } }`, /^4 dpop\.nonce\.secret.*ABSENT/],
    [`{ ${ORIGINS}, nonce: { secret: { env: NONCE_SECRET }, lifetime: 2h } }`, /^4 dpop\.nonce\.lifetime/],
    [`{ ${ORIGINS}, htu: strict }`, /^4 dpop.*htu/],
  ])('refuses %s at its line', (written, problem) => {
    expect(problemsOf(written)).toEqual([expect.stringMatching(problem)]);
  });

  it('is required by bound: dpop, on an issuer and on a route', () => {
    const [issuer, route] = problemsOf(undefined, ', bound: dpop', ', bound: dpop');
    expect(issuer).toBe('5 issuers[0].bound: accepts no token without the section dpop');
    expect(route).toBe('7 routes[0].bound: accepts no token without the section dpop');
    expect(problemsOf(`{ ${ORIGINS} }`, ', bound: dpop', ', bound: dpop')).toEqual([]);
    expect(problemsOf(undefined, ', bound: any', ', bound: mtls')).toEqual([]);
  });
});
