import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, type SallyportOptions, startSallyport } from '../support/servers/sallyport.ts';
import { REDIS } from '../support/servers/stores.ts';

const TOKENS = '/3rdparty/v1/auth/token';

interface Token {
  readonly id: string;
  readonly access_token: string;
}

type Place = Required<Pick<SallyportOptions, 'env' | 'edit'>>;

it('tokens, revocations and passwords stay valid from SQLite to Redis and back', { timeout: 240_000 }, async () => {
  const server = await REDIS.start();
  onTestFinished(() => server.close());
  const [before, redis, after] = [
    { env: {}, edit: () => {} },
    { env: server.env, edit: sealedWithFile(server.edit) },
    { env: {}, edit: sealedWithFile((config) => (config['store'] = 'sqlite:./moved.db')) },
  ];

  let sallyport = await startSallyport({ ...before, env: WITH_ACCOUNT });
  onTestFinished(() => sallyport.close());
  const manager = await issue(sallyport, OWNER);
  const lasting = await issue(sallyport, OWNER);
  const ended = await issue(sallyport, OWNER);
  await revoke(sallyport, ended, OWNER);
  expect(await verdicts(sallyport, lasting, ended)).toEqual(['passes', 'token revoked']);

  sallyport = await move(sallyport, before, redis);
  expect(await verdicts(sallyport, lasting, ended)).toEqual(['passes', 'token revoked']);
  const made = await issue(sallyport, `Bearer ${manager.access_token}`);
  await revoke(sallyport, lasting, OWNER);

  sallyport = await move(sallyport, redis, after);
  expect(await verdicts(sallyport, made, lasting, ended)).toEqual(['passes', 'token revoked', 'token revoked']);
  await revoke(sallyport, manager, OWNER);
  expect(await verdicts(sallyport, manager)).toEqual(['token revoked']);
});

/** Exports while Sallyport runs, imports, and starts it again on the other store. */
async function move(sallyport: Sallyport, from: Place, to: Place): Promise<Sallyport> {
  const { folder } = sallyport;
  const copy = join(folder, `${Math.random()}.jsonl`);
  const [source, target] = [await configIn(folder, from), await configIn(folder, to)];
  const exported = await runSallyport(['store', 'export', '--out', copy, '--config', source], from);
  expect(exported).toMatchObject({ code: 0, output: expect.stringContaining('exported 1 account, 1 signing key,') });
  expect(exported.output).toContain('move it separately');
  expect((await stat(copy)).mode & 0o777).toBe(0o600);
  const again = await runSallyport(['store', 'export', '--out', copy, '--config', source], from);
  expect(again).toMatchObject({
    code: 1,
    output: expect.stringContaining(`cannot create the file '${copy}': it already exists`),
  });

  const nowhere = join(folder, 'none', 'copy.jsonl');
  expect(await runSallyport(['store', 'export', '--out', nowhere, '--config', source], from)).toMatchObject({
    code: 1,
    output: `sallyport: cannot create the file '${nowhere}': no such folder\n`,
  });
  expect(await runSallyport(['store', 'import', nowhere, '--config', target], to)).toMatchObject({
    code: 1,
    output: `sallyport: cannot read '${nowhere}': no such file\n`,
  });

  const importing = ['store', 'import', copy, '--config', target];
  const imported = await runSallyport(importing, to);
  expect(imported).toMatchObject({ code: 0, output: expect.stringMatching(/^accounts: 1 written, 0 there/m) });
  const refused = await runSallyport(importing, to);
  expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('the store is not empty') });
  const repeated = await runSallyport([...importing, '--into-non-empty'], to);
  expect(repeated).toMatchObject({ code: 0, output: expect.stringMatching(/^accounts: 0 written, 1 there/m) });
  const { passwordHash } = JSON.parse((await readFile(copy, 'utf8')).split('\n')[1] ?? '').record;
  expect(passwordHash).toMatch(/^\$argon2id/);
  for (const { output } of [exported, imported, repeated]) expect(output).not.toContain(passwordHash);

  await sallyport.stop();
  return await startSallyport({ ...to, after: sallyport });
}

/** Returns the configuration of the running Sallyport with another store. */
async function configIn(folder: string, { edit }: Place): Promise<string> {
  const config = parse(await readFile(join(folder, 'sallyport.yaml'), 'utf8'));
  edit(config);
  const path = join(folder, `${Math.random()}.yaml`);
  await writeFile(path, stringify(config));
  return path;
}

/** Reads the secret that was generated for the embedded store. */
function sealedWithFile(edit: Place['edit']): Place['edit'] {
  return (config) => {
    edit(config);
    const [own] = config['issuers'] as [{ signing: object }];
    own.signing = { ...own.signing, sealWith: { file: './sallyport.db.seal', encoding: 'base64url' } };
  };
}

/** Resolves to the outcome of each token; expects a password to pass. */
async function verdicts({ ports }: Sallyport, ...tokens: readonly Token[]): Promise<readonly string[]> {
  const checks = connectChecks(ports.extAuthz);
  const verdictOf = async (authorization: string): Promise<string> => {
    const headers = [['authorization', authorization]] as const;
    const outcome = await checks.check({ method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers }, 'raw');
    return outcome.outcome === 'passes' ? 'passes' : JSON.parse(outcome.answer.body).message;
  };
  expect(await verdictOf(OWNER)).toBe('passes');
  const found = await Promise.all(tokens.map(({ access_token }) => verdictOf(`Bearer ${access_token}`)));
  checks.close();
  return found;
}

async function issue(sallyport: Sallyport, authorization: string): Promise<Token> {
  const answer = await call(sallyport.ports.tokens, 'POST', TOKENS, authorization, {
    scopes: ['messages:send', 'tokens:manage'],
  });
  expect(answer.status).toBe(201);
  return JSON.parse(answer.body);
}

async function revoke(sallyport: Sallyport, { id }: Token, authorization: string): Promise<void> {
  expect((await call(sallyport.ports.tokens, 'DELETE', `${TOKENS}/${id}`, authorization)).status).toBe(204);
}
