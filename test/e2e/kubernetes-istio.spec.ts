import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { basic, call, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';

const FILTER = new URL('../../deploy/kubernetes/overlays/istio/gateway-filter.yaml', import.meta.url);
const MESSAGES = '/3rdparty/v1/messages';
const ACCOUNT = ['ada', 'wind-lantern-copper'] as const;

/** What Istio sets at a gateway by default, and what is left to the filter. */
const DEFAULTS = {
  normalize_path: true,
  merge_slashes: false,
  path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
} as const;

let services: Services;
let sallyport: Sallyport;
let envoy: RunningEnvoy;

beforeAll(async () => {
  services = await startServices();
  sallyport = await startSallyport({ env: { SALLYPORT_ACCOUNT: ACCOUNT.join(':') } });
  const { extAuthz, tokens } = sallyport.ports;
  const gateway = { name: 'Istio', normalises: true, rawHeaders: false };
  envoy = await startEnvoy(
    { sallyport: extAuthz, tokens, ...services.ports },
    {
      listeners: [
        { ...gateway, edit: likeIstio },
        { ...gateway, name: 'with the filter', edit: withFilter },
      ],
    },
  );
});

afterAll(async () => {
  await envoy.close();
  await sallyport.close();
  services.close();
});

beforeEach(() => {
  services.received.length = 0;
});

describe.each([
  { name: "Istio's defaults", index: 0, refuses: false },
  { name: 'the filter of the overlay', index: 1, refuses: true },
])('with $name', ({ index, refuses }) => {
  it.each(['/3rdparty/v1%2Fmessages', '/v1/..%2f3rdparty/v1/messages', '/v1/%5c..%5cmessages'])(
    'lets no encoded slash reach a service: %s',
    async (path) => {
      const answer = await ask(path);
      expect([answer.status, services.received]).toEqual([400, []]);
      // Sallyport refuses what Envoy does not.
      expect(answer.body.includes('path_rejected')).toBe(!refuses);
    },
  );

  it('lets no doubled slash reach a service unmerged', async () => {
    const answer = await ask(`/${MESSAGES}`);
    expect([answer.status, services.received.map(({ path }) => path)]).toEqual(refuses ? [200, [MESSAGES]] : [400, []]);
  });

  it.each(['x-auth-subject', 'x.auth.subject', 'x-http-method-override', 'x-original-url'])(
    'lets no %s of a client reach a service',
    async (name) => {
      expect((await ask(MESSAGES, [[name, 'mallory']])).status).toBe(200);
      expect(Object.values(services.received[0]?.headers ?? {}).flat()).not.toContain('mallory');
    },
  );

  it('lets no name with an underscore reach a service', async () => {
    expect((await ask(MESSAGES, [['x_auth_subject', 'mallory']])).status).toBe(refuses ? 400 : 200);
    expect(services.received.map(({ headers }) => headers['x_auth_subject'])).toEqual(refuses ? [] : [undefined]);
  });

  function ask(path: string, headers: readonly (readonly [string, string])[] = []): Promise<HttpResponse> {
    const credential = ['Authorization', basic(...ACCOUNT)] as const;
    const port = envoy.gateways[index]?.port ?? 0;
    return sendRequest({ port, method: 'GET', path, headers: [credential, ...headers] });
  }
});

it('both ask about every request', async () => {
  for (const { port } of envoy.gateways) expect((await call(port, 'GET', MESSAGES)).status).toBe(401);
});

function likeIstio(manager: ConnectionManager): void {
  Object.assign(manager, DEFAULTS);
  manager.common_http_protocol_options.headers_with_underscores_action = 'ALLOW';
  delete manager.early_header_mutation_extensions;
}

/** Merges the patches into the filters, as Istio does. */
function withFilter(manager: ConnectionManager): void {
  likeIstio(manager);
  const [managerPatch, checkPatch] = parse(readFileSync(FILTER, 'utf8')).spec.configPatches;
  Object.assign(manager, managerPatch.patch.value.typed_config);
  Object.assign(manager.http_filters[0].typed_config, checkPatch.patch.value.typed_config);
}
