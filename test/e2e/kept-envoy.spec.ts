import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { stripMutations } from '../../src/envoy-config/strip/mutations.ts';
import { forbiddenNames } from '../../src/envoy-config/strip/stripped-names.ts';
import { type ManagerParts, managerParts } from '../../src/envoy-config/writing/manager-parts.ts';
import { findEnvoy, findOldestEnvoy } from '../../tools/envoy.ts';
import type { Program } from '../../tools/program.ts';
import { sallyportConfig } from '../support/envoy/checked-envoy.ts';
import { parseExposition } from '../support/exposition.ts';
import { KEPT, KEPT_FIELD, KEPT_LUA, keeping, showHits } from '../support/kept/keeping.ts';
import { type CaseIssuers, claims, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { startUpstream, type Upstream } from '../support/servers/gateways/upstream.ts';
import { call, sendRequest } from '../support/servers/http-client.ts';
import { startProcess } from '../support/servers/process.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

const MESSAGES = '/3rdparty/v1/messages';
const OFF = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
  disabled: true,
};
/** Names of its own; a long one is cut in its expression. */
const IDENTITY = {
  headers: {
    subject: 'x-user',
    scopes: 'x-user-scopes',
    tokenId: 'x-user-token-id',
    issuer: 'issuer',
    scheme: 'a-b-c-d-e-f',
  },
  claims: { email: `x-${'long'.repeat(25)}-mail` },
};
const PLACED = 'x-partner-key';
const SEPARATORS = ['-', '_', '.', '~', '!', '|', "'"];
/** Headers that look alike and must stay. */
const ORDINARY = [
  'x-users',
  'user',
  'x-user-scope',
  'x-user-token',
  'a-b-c-d-e',
  'xa-user',
  'x.request.id',
  'x-partner',
  PLACED,
];

const LISTENERS = [
  { name: 'kept', normalises: true, rawHeaders: true, edit: keeping() },
  { name: 'generated', normalises: false, rawHeaders: true, edit: useGenerated },
];

/** Pastes what `sallyport envoy` prints for the configuration of the instance. */
function useGenerated(manager: ConnectionManager): void {
  const parts = structuredClone(generated());
  const router = manager.http_filters.at(-1);
  const { route_config: own } = parts;
  const code = Object.values(own?.typed_per_filter_config ?? {})[0];
  Object.assign(manager, {
    early_header_mutation_extensions: parts.early_header_mutation_extensions,
    http_filters: [...parts.http_filters, router],
  });
  manager.route_config.typed_per_filter_config = { [KEPT]: { ...code, source_code: { filename: KEPT_LUA } } };
  manager.route_config.virtual_hosts[0].routes.unshift({
    match: { path: '/health' },
    route: { cluster: 'messages' },
    typed_per_filter_config: { 'envoy.filters.http.ext_authz': OFF },
  });
  showHits(manager);
}

function generated(): ManagerParts {
  return managerParts(sallyportConfig(join(sallyport.folder, 'sallyport.yaml')));
}

let issuers: CaseIssuers;
let upstream: Upstream;
let sallyport: Sallyport;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  upstream = await startUpstream();
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    config['revocation'] = { maxStaleness: '20s', keep: '15s' };
    config['identity'] = IDENTITY;
    const credentials = ['authorization', { header: PLACED }];
    Object(config['routes']).push({ path: `${MESSAGES}/placed`, scope: 'messages:list', credentials });
  };
  sallyport = await startSallyport({ env: issuers.env, edit });
});

afterAll(async () => {
  await sallyport.close();
  upstream.close();
  issuers.close();
});

/** What Envoy says against these mutations; empty if it accepts them. */
async function validate(program: Program, mutations: readonly object[]): Promise<string> {
  const [strip] = generated().early_header_mutation_extensions;
  const document = parse(readFileSync(new URL('../../envoy.yaml', import.meta.url), 'utf8'));
  const manager = document.static_resources.listeners[0].filter_chains[0].filters[0].typed_config;
  manager.early_header_mutation_extensions = [{ ...strip, typed_config: { ...strip?.typed_config, mutations } }];
  const file = join(sallyport.folder, 'envoy.json');
  writeFileSync(file, JSON.stringify(document));
  const args = ['--mode', 'validate', '--disable-hot-restart', '--log-level', 'error', '--config-path', file];
  const envoy = startProcess({ command: program.path, args });
  return (await envoy.ended) === 0 ? '' : envoy.output();
}

async function metric(name: string, labels: Readonly<Record<string, string>>): Promise<number | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${sallyport.ports.admin}/metrics`)).text();
  return parseExposition(text).value(name, labels);
}

describe.each([
  { version: '1.40', find: findEnvoy },
  { version: '1.36', find: findOldestEnvoy },
])('Envoy $version', ({ find }) => {
  let envoy: RunningEnvoy;

  beforeAll(async () => {
    const { extAuthz, tokens } = sallyport.ports;
    const ports = { sallyport: extAuthz, tokens, messages: upstream.port, devices: upstream.port };
    envoy = await startEnvoy(ports, { listeners: LISTENERS, program: await find() });
  });

  afterAll(() => envoy.close());

  it('keeps the answer to a request from its second time on', async () => {
    const authorization = `Bearer ${corporateToken(issuers, 'EdDSA', claims())}`;
    const port = envoy.gateways[0]?.port ?? 0;
    const kept: unknown[] = [];
    for (let time = 1; time <= 5; time++) {
      const { status, headers } = await call(port, 'POST', '/3rdparty/v1/messages', authorization, {});
      kept.push([status, headers[KEPT_FIELD]]);
    }
    expect(kept).toEqual([
      [200, ''],
      [200, ''],
      [200, 'true'],
      [200, 'true'],
      [200, 'true'],
    ]);
  });

  it('removes each spelling of what clients must not send by the generated expressions, and nothing else', async () => {
    const { identity, overrides, credentials } = forbiddenNames(
      sallyportConfig(join(sallyport.folder, 'sallyport.yaml')),
    );
    const port = envoy.gateways[1]?.port ?? 0;
    const authorization = `Bearer ${corporateToken(issuers, 'EdDSA', claims())}`;
    for (let time = 1; time <= 2; time++) await call(port, 'GET', MESSAGES, authorization);
    for (const separator of SEPARATORS) {
      const spell = (name: string): string => name.replaceAll('-', separator);
      const forbidden = [...identity, ...overrides, ...(separator === '-' ? [] : credentials)].map(spell);
      for (const path of ['/health', MESSAGES]) {
        upstream.arrived.length = 0;
        const sent = [...forbidden, ...ORDINARY].map((name): [string, string] => [name, 'client']);
        const headers: [string, string][] = [['Authorization', authorization], ...sent];
        const { status, headers: fields } = await sendRequest({ port, method: 'GET', path, headers });
        expect([status, fields[KEPT_FIELD]]).toEqual([200, path === MESSAGES ? 'true' : '']);
        const { rawHeaders = [] } = upstream.arrived[0] ?? {};
        const arrived = rawHeaders.filter((_, index) => rawHeaders[index + 1] === 'client');
        expect(arrived.toSorted()).toEqual(ORDINARY.toSorted());
      }
    }
  });

  it('accepts the size of each generated expression', async () => {
    const word = fc.string({ unit: fc.constantFrom('x', 'a', 'user', 'id', '7'), minLength: 1, maxLength: 6 });
    const name = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('-'));
    const long = fc
      .tuple(name, fc.integer({ min: 20, max: 120 }), name)
      .map(([a, length, b]) => `${a}${'y'.repeat(length)}-${b}`);
    const names = fc.array(fc.oneof(name, long), { minLength: 1, maxLength: 15 });
    const lists = fc.sample(fc.record({ all: names, others: names }), { numRuns: 200, seed: 16 });
    const mutations = lists.flatMap((list) => stripMutations(list).map(({ mutation }) => mutation));
    expect(mutations.length).toBeGreaterThan(500);
    expect(await validate(await find(), mutations)).toBe('');
  });

  it('reports the requests that passed so with the next question, of any caller', async () => {
    const port = envoy.gateways[0]?.port ?? 0;
    const labels = { route: '/3rdparty/v1/messages/{id}', issuer: 'corporate' };
    const before = (await metric('sallyport_kept_passes_total', labels)) ?? 0;
    const authorization = `Bearer ${corporateToken(issuers, 'EdDSA', claims({ scope: 'messages:read' }))}`;
    for (let time = 1; time <= 7; time++) await call(port, 'GET', '/3rdparty/v1/messages/1', authorization);
    expect((await metric('sallyport_kept_passes_total', labels)) ?? 0).toBe(before);
    expect((await call(port, 'GET', '/3rdparty/v1/messages', 'Bearer another')).status).toBe(401);
    expect(await metric('sallyport_kept_passes_total', labels)).toBe(before + 5);
  });
});
