import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { untilAccepting } from '../../deploy/demo/ports.ts';
import { otherSpellings } from '../../src/core/upstream/header-spellings.ts';
import { OVERRIDE_HEADERS } from '../../src/core/upstream/override-headers.ts';
import { type CaseIssuers, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { valuesOf } from '../support/servers/gateways/raw-exchange.ts';
import { readForwardAuth, throughTraefik, upstreamOf } from '../support/servers/gateways/traefik.ts';
import { MANAGED, TRAEFIK_RECORDINGS } from '../support/servers/gateways/traefik-recordings.ts';
import { optionsFor } from '../support/servers/platform.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { SQLITE } from '../support/servers/stores.ts';
import { expectDenied, expectUpstream, isDenied, requestOf } from './case-run.ts';
import { CASES, type Case, type Denied } from './cases.ts';

const IDENTITY = ['x-auth-subject', 'x-auth-scopes', 'x-auth-token-id', 'x-auth-issuer', 'x-auth-scheme'];

/** Cases in which Sallyport sees another request than at the other gateways, because of what Traefik does first. */
const DIFFERENT: Readonly<Record<string, Denied['reason']>> = {
  // Sallyport sees the names with dots, which Traefik would remove only after it has asked.
  'identity headers that a client sends are replaced or removed, other spellings too': 'path_rejected',
  'a public route: no authentication, identity headers are stripped, the credential passes unchanged': 'path_rejected',
  // Traefik writes the escapes in upper case, and asks about that path.
  'a path whose literal is not ASCII, in lower-case hex': 'credentials_required',
};

let issuers: CaseIssuers;
let sallyport: Sallyport;
let verify: number;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  [verify = 0] = await freePorts(1);
  const { env, edit } = optionsFor(issuers, await SQLITE.start());
  sallyport = await startSallyport({
    env,
    edit: (config) => {
      edit(config);
      const listen = { address: `127.0.0.1:${verify}`, mode: 'forwarded' };
      config['listen'] = { ...(config['listen'] as object), verify: listen };
    },
  });
  await untilAccepting(verify, 20_000);
});

afterAll(async () => {
  await sallyport.close();
  issuers.close();
});

describe.each(TRAEFIK_RECORDINGS)('Traefik, replayed: $name', (recording) => {
  const ask = (wanted: Case) => throughTraefik(verify, recording, requestOf(wanted, issuers), readForwardAuth());

  it.each(CASES.filter(({ directOnly }) => directOnly !== true))('$name', async (wanted) => {
    const outcome = await ask(wanted);
    const different = DIFFERENT[wanted.name];
    if (different !== undefined) {
      expect(outcome).toMatchObject({ outcome: 'denied', answer: { body: expect.stringContaining(`"${different}"`) } });
    } else if (isDenied(wanted.expected)) {
      if (outcome.outcome !== 'denied') throw new Error('it passed');
      const { status, fields, body } = outcome.answer;
      expectDenied({ status, body, challenges: [...valuesOf(fields, 'www-authenticate')] }, wanted.expected);
      expect(valuesOf(fields, 'content-type')).toEqual(['application/problem+json']);
    } else {
      if (outcome.outcome !== 'passes') throw new Error(`denied: ${outcome.answer.body}`);
      expectUpstream(outcome.upstream, wanted.expected);
    }
  });

  it.each(CASES.filter(({ directOnly, path }) => directOnly === true && path?.startsWith('/') === true))(
    'lets nothing pass, also without sanitizePath: $name',
    async (wanted) => {
      expect(await ask(wanted)).toMatchObject({ outcome: 'denied' });
    },
  );
});

describe('deploy/gateways/traefik', () => {
  const options = readForwardAuth();
  const names = [...IDENTITY, ...OVERRIDE_HEADERS];

  it.each(names)('removes %s of a client in every spelling', (name) => {
    // The entry point replaces those that it manages, with hyphens and with underscores.
    const spellings = [name, ...otherSpellings(name)].filter((spelling) => !MANAGED.has(spelling.replaceAll('_', '-')));
    const sent = spellings.flatMap((spelling) => [
      [spelling, 'forged'] as const,
      [spelling.toUpperCase(), 'forged'] as const,
    ]);
    expect(upstreamOf(sent, [], options)).toEqual({});
  });

  it('leaves other headers, and Authorization only if Sallyport repeats it', () => {
    const sent = [
      ['Content-Type', 'application/json'],
      ['X-Request-Id', '1'],
      ['Authorization', 'Bearer one'],
    ] as const;
    const others = { 'content-type': 'application/json', 'x-request-id': '1' };
    expect(upstreamOf(sent, [], options)).toEqual(others);
    expect(upstreamOf(sent, [['authorization', 'Bearer one']], options)).toEqual({
      ...others,
      authorization: 'Bearer one',
    });
  });

  it('has the same middleware for Kubernetes', () => {
    const file = readFileSync(new URL('../../deploy/gateways/traefik/middleware.yaml', import.meta.url), 'utf8');
    const [middleware] = parseAllDocuments(file).map((document) => document.toJS());
    const { address, tls, ...same } = middleware.spec.forwardAuth;
    expect({ ...same, address: options.address }).toEqual(options);
    expect([new URL(address).pathname, Object.keys(tls)]).toEqual(['/auth', ['caSecret', 'certSecret']]);
  });
});
