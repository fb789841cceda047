import { execFile } from 'node:child_process';
import { inspect, promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonPackages } from '../../tools/python.ts';
import { OWN_ISSUER, startTokenService, type TokenService } from '../support/token-service.ts';

/** Checks that every response conforms to the description, and that none is a server error. */
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
  path = await pythonPackages('schemathesis');
  service = await startTokenService({
    config: { issuers: [{ ...OWN_ISSUER, signing: { algorithm: 'EdDSA' } }] },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
  });
}, 300_000);

afterAll(() => service.close());

it('schemathesis finds no response that the description does not allow', async () => {
  const login = await service.call('POST', '/v1/login', undefined, { name: 'ada', password: 'secret' });
  const { access_token: token } = (await login.json()) as { readonly access_token: string };
  // Without the stateful phase, which would find its own token in the list and revoke it.
  const options = `--phases examples,coverage,fuzzing --max-examples 10 --max-time 25 --seed 1 --no-color
    --generation-database none --suppress-health-check all --checks ${CHECKS.join(',')}`;
  const args = ['-m', 'schemathesis.cli', 'run', `${service.origin}/openapi.json`, ...options.split(/\s+/)];
  args.push('--header', `Authorization:Bearer ${token}`);
  const run = promisify(execFile)('python3', args, { cwd: service.folder, env: { ...process.env, PYTHONPATH: path } });
  const output = await run.then(
    ({ stdout }) => stdout,
    // The error contains its output.
    (error: unknown) => `FAILED\n${inspect(error, { maxStringLength: null })}`,
  );
  expect(output).not.toMatch(/^FAILED/);
  expect(output).toMatch(/\d+ generated/);
}, 300_000);
