import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ACCOUNT, OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { call } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';

it('sallyport token list shows every token, and marks those that need attention', async () => {
  const sallyport = await startSallyport({ env: WITH_ACCOUNT });
  onTestFinished(() => sallyport.close());
  const config = ['--config', join(sallyport.folder, 'sallyport.yaml')];
  const list = async (...args: readonly string[]) => await runSallyport(['token', 'list', ...args, ...config]);
  const [plain, mighty, ended] = [
    await issue(sallyport, ['messages:send']),
    await issue(sallyport, ['all:any']),
    await issue(sallyport, ['all:any']),
  ];
  await runSallyport(['token', 'revoke', '--issuer', 'sallyport', '--jti', ended, ...config]);

  const all = JSON.parse((await list('--json')).output);
  const about = {
    owner: ACCOUNT.name,
    kind: 'access',
    name: null,
    lastUsed: null,
    form: 'jwt',
    keyHash: null,
    refreshes: null,
  };
  expect(new Set(all)).toEqual(
    new Set([
      { ...about, id: ended, scopes: ['all:any'], status: 'revoked', risks: [], ...times() },
      { ...about, id: mighty, scopes: ['all:any'], status: 'active', risks: ['all:any'], ...times() },
      { ...about, id: plain, scopes: ['messages:send'], status: 'active', risks: [], ...times() },
    ]),
  );
  const lines = (await list('--risky')).output.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^id +owner +kind +name +scopes +created +expires +last used +status +risks$/);
  expect(lines.slice(1)).toEqual([expect.stringMatching(`^${mighty}  ${ACCOUNT.name} .* never +active  all:any$`)]);
  expect(await list('--account', 'nobody')).toEqual({ code: 1, output: "sallyport: no account 'nobody'\n" });
  expect(await list('--jti', plain)).toMatchObject({
    code: 2,
    output: expect.stringContaining('--jti is not an option of `sallyport token list`'),
  });
});

function times() {
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  return { created: time, expires: time };
}

async function issue({ ports }: Sallyport, scopes: readonly string[]): Promise<string> {
  return JSON.parse((await call(ports.tokens, 'POST', '/3rdparty/v1/auth/token', OWNER, { scopes })).body).id;
}
