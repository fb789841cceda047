import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseIssuers, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { optionsFor, type Platform, startPlatform } from '../support/servers/platform.ts';
import { LOGGED } from '../support/servers/process.ts';
import { runSallyport, runSallyportProcess } from '../support/servers/run-sallyport.ts';
import { SQLITE } from '../support/servers/stores.ts';

const MESSAGES = '/3rdparty/v1/messages';
const TOKENS = '/3rdparty/v1/auth/token';
const POLL = { timeout: 20_000 };
const THREE_HOURS_AHEAD = 'data:text/javascript,const{now}=Date;Date.now=()=>now.call(Date)+10800000';

let issuers: CaseIssuers;
let platform: Platform;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  platform = await startPlatform(optionsFor(issuers, await SQLITE.start()));
});

afterAll(async () => {
  await platform.close();
  issuers.close();
});

async function issue(): Promise<{ readonly id: string; readonly token: string }> {
  const answer = await platform.call('POST', TOKENS, OWNER, { ttl: 3600, scopes: ['messages:send'] });
  const { id, access_token: token } = JSON.parse(answer.body);
  return { id, token };
}

async function revoke(id: string): Promise<void> {
  expect((await platform.call('DELETE', `${TOKENS}/${id}`, OWNER)).status).toBe(204);
}

async function send(token: string): Promise<number> {
  return (await platform.call('POST', MESSAGES, `Bearer ${token}`, {})).status;
}

function command(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const config = join(platform.sallyport.folder, 'sallyport.yaml');
  // `serve` writes its log to the standard output of its process.
  const run = args[0] === 'serve' ? runSallyportProcess : runSallyport;
  return run([...args, '--config', config], { env: { ...issuers.env, ...env } });
}

function fileOf(suffix = ''): string {
  return join(platform.sallyport.folder, `sallyport.db${suffix}`);
}

describe('a revocation, through Envoy', () => {
  it('survives a command whose clock is three hours ahead, and a restart', async () => {
    const { id, token } = await issue();
    await revoke(id);
    await platform.sallyport.stop();
    expect(await command(['account', 'list'], { NODE_OPTIONS: `--import ${THREE_HOURS_AHEAD}` })).toMatchObject({
      code: 0,
    });
    await platform.restart();
    expect(await send(token)).toBe(401);
  });

  it('survives the deletion of its entry and a restart; only unrevoke takes it back', async () => {
    const { id, token } = await issue();
    await revoke(id);
    expect(await send(token)).toBe(401);
    const database = new DatabaseSync(fileOf(), { timeout: 5_000 });
    const key = `sallyport:revoked:sallyport:${id}`;
    database.prepare('DELETE FROM revocation WHERE key = ?').run(key);
    const found = () => database.prepare('SELECT count(*) AS n FROM revocation WHERE key = ?').get(key)?.['n'];
    await expect.poll(found, POLL).toBe(1);
    database.close();
    await platform.sallyport.stop();
    await platform.restart();
    expect(await send(token)).toBe(401);
    expect(await command(['token', 'unrevoke', '--issuer', 'sallyport', '--jti', id])).toMatchObject({ code: 0 });
    await expect.poll(() => send(token), POLL).toBe(202);
  });
});

describe('an older copy of the store that is restored while Sallyport is stopped', () => {
  it('makes Sallyport deny every request until the loss is accepted', async () => {
    const { id, token } = await issue();
    expect(await send(token)).toBe(202);
    await platform.sallyport.stop();
    await copyFile(fileOf(), fileOf('.backup'));
    await platform.restart();
    await revoke(id);
    await platform.sallyport.stop();
    await rename(fileOf('.backup'), fileOf());
    await platform.restart();
    expect(await send(token)).toBe(503);
    await expect.poll(() => platform.sallyport.output(), LOGGED).toContain('the revocation set was lost');

    // As documented: look up what is missing, write it again, and accept the loss.
    expect(await command(['token', 'revoke', '--issuer', 'sallyport', '--jti', id])).toMatchObject({ code: 0 });
    expect(await command(['store', 'accept-loss', '--yes'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^accepted: the loss noticed on 20/m),
    });
    await expect.poll(() => send(token), POLL).toBe(401);
    await platform.sallyport.stop();
    await platform.restart();
    expect(await send(token)).toBe(401);
    expect(await send((await issue()).token)).toBe(202);
  });

  it('is not replaced by a new store if the database is missing: Sallyport does not start', async () => {
    await platform.sallyport.stop();
    await rename(fileOf(), fileOf('.away'));
    const { code, output } = await command(['serve']);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('is missing; restore it') });
    await rename(fileOf('.away'), fileOf());
    await platform.restart();
  });
});
