import { execFile } from 'node:child_process';
import { inspect, promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonPackages } from '../../tools/python.ts';
import { OWN_ISSUER, startTokenService, type TokenService } from '../token-service.ts';

/** Exact versions, of what they need as well. */
const PACKAGES = [
  'anyio==4.16.0',
  'certifi==2026.10.18',
  'charset_normalizer==3.5.2',
  'click==8.5.1',
  'graphql_core==3.3.2',
  'harfile==0.6.0',
  'hypothesis==6.170.15',
  'hypothesis_graphql==0.13.5',
  'idna==3.20',
  'iniconfig==2.3.1',
  'jsonschema_rs==0.60.3',
  'markdown_it_py==4.3.0',
  'markupsafe==3.0.4',
  'mdurl==0.1.2',
  'packaging==26.3',
  'pluggy==1.7.0',
  'pygments==2.21.0',
  'pyrate_limiter==4.5.1',
  'pytest==9.2.0',
  'pyyaml==6.0.3',
  'requests==2.34.2',
  'rich==15.0.0',
  'schemathesis==4.32.5',
  'sortedcontainers==2.4.0',
  'typing_extensions==4.16.0',
  'urllib3==2.8.0',
  'werkzeug==3.1.9',
];

/** What a description promises: no answer beyond it, and none that is our fault. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'ignored_auth',
];

let service: TokenService;
let path: string;

beforeAll(async () => {
  path = await pythonPackages(PACKAGES);
  service = await startTokenService({
    config: { issuers: [{ ...OWN_ISSUER, signing: { algorithm: 'EdDSA' } }] },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
  });
}, 300_000);

afterAll(() => service.close());

it('schemathesis finds no answer that the description does not promise', async () => {
  const login = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
  const { access_token: token } = (await login.json()) as { readonly access_token: string };
  // Without the stateful phase, which would find the token it calls by in the list, and revoke it.
  const options = `--phases examples,coverage,fuzzing --max-examples 10 --max-time 40 --seed 1 --no-color
    --generation-database none --suppress-health-check all --checks ${CHECKS.join(',')}`;
  const args = ['-m', 'schemathesis.cli', 'run', `${service.origin}/openapi.json`, ...options.split(/\s+/)];
  args.push('--header', `Authorization:Bearer ${token}`);
  const run = promisify(execFile)('python3', args, { cwd: service.folder, env: { ...process.env, PYTHONPATH: path } });
  const output = await run.then(
    ({ stdout }) => stdout,
    // What it printed hangs on the error.
    (error: unknown) => `FAILED\n${inspect(error, { maxStringLength: null })}`,
  );
  expect(output).not.toMatch(/^FAILED/);
  expect(output).toMatch(/\d+ generated/);
}, 300_000);
