import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWNER, WITH_ACCOUNT } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { STORES, type StoreUnderTest } from '../support/servers/stores.ts';

const TOKENS = '/3rdparty/v1/auth/token';
const PUBLISH_AHEAD_MS = 10_000;
const PAUSE_MS = 20;

let store: StoreUnderTest;
let env: NodeJS.ProcessEnv;
let instances: Sallyport[];
let checks: CheckClient[];

describe.each(STORES)('two instances on $name', (kind) => {
  beforeAll(async () => {
    store = await kind.start();
    env = { ...WITH_ACCOUNT, ...store.env };
    const first = await startSallyport({ env, edit: edit('HS256') });
    const second = await startSallyport({ env, edit: edit('HS256', first) });
    instances = [first, second];
    checks = instances.map(({ ports }) => connectChecks(ports.extAuthz));
  });

  afterAll(async () => {
    for (const client of checks) client.close();
    for (const instance of instances.toReversed()) await instance.close();
    await store.close();
  });

  it('change over from HS256 to EdDSA under load, and refuse no token at any moment', {
    timeout: 120_000,
  }, async () => {
    const load = new Load();
    const streams = [load.run(0), load.run(1)];
    await wait(1_000);
    const [old] = await listKeys();
    expect(old).toMatchObject({ algorithm: 'HS256', state: 'signing' });
    for (const instance of instances) await reload(instance, 'EdDSA');

    const rotations = await Promise.all([keys('rotate'), keys('rotate')]);
    expect(rotations.map(({ code }) => code)).toEqual([0, 0]);
    const made = rotations.map(({ output }) => /^(made|[\w-]{16} is already waiting)/m.exec(output)?.[1]);
    expect(made).toContain('made');
    const [standing, waiting, ...others] = await listKeys();
    expect(others).toEqual([]);
    expect(standing).toMatchObject({ kid: old?.kid, state: 'signing', until: waiting?.until });
    expect(waiting).toMatchObject({ algorithm: 'EdDSA', state: 'waiting' });

    await wait(Date.parse(standing?.until ?? '') + 1_000 - Date.now());
    expect(await listKeys()).toMatchObject([
      { kid: old?.kid, state: 'retired' },
      { kid: waiting?.kid, state: 'signing' },
    ]);
    load.stop();
    await Promise.all(streams);
    expect(load.refused).toEqual([]);
    expect(new Set(load.tokens.map(kidOf))).toEqual(new Set([old?.kid, waiting?.kid]));
    expect(load.tokens.length).toBeGreaterThan(50);
  });

  it('deny only the tokens of a retired key that is revoked', async () => {
    const [retired, signing] = await listKeys();
    const before = await issue(0);
    const { code, output } = await keys('revoke', retired?.kid ?? '', '--yes', '--reason', 'leaked');
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining(`revoked ${retired?.kid}: every token that it signed has ended`),
    });
    expect(output).toContain('"reason":"leaked"');
    expect(await listKeys()).toEqual([signing]);
    expect(await outcomesOf(before)).toEqual(['passes', 'passes']);
  });

  it('sign with another key at once if the one that signs is revoked', async () => {
    const [signing] = await listKeys();
    const before = await issue(0);
    expect(kidOf(before)).toBe(signing?.kid);
    const { code, output } = await keys('revoke', signing?.kid ?? '', '--yes');
    expect(code).toBe(0);
    // Within maxStaleness.
    await wait(1_000);
    expect(await outcomesOf(before)).toEqual(['denied', 'denied']);
    const [next, ...others] = await listKeys();
    expect(others).toEqual([]);
    expect(output).toContain(`${next?.kid} signs from now on`);
    for (const index of [0, 1]) {
      const after = await issue(index);
      expect(kidOf(after)).toBe(next?.kid);
      expect(await outcomesOf(after)).toEqual(['passes', 'passes']);
      const published = createRemoteJWKSet(
        new URL(`http://127.0.0.1:${instances[index]?.ports.tokens}/.well-known/jwks.json`),
      );
      await jwtVerify(after, published);
      await expect(jwtVerify(before, published)).rejects.toThrow('no applicable key');
    }
  });

  it.each([[['revoke', 'unknown', '--yes'], 1, "no signing key 'unknown' ("]])(
    'keys %j exits with %d: %s',
    async (args, code, words) => {
      expect(await keys(...args)).toEqual({ code, output: expect.stringContaining(words) });
    },
  );

  it('keys revoke asks for confirmation', async () => {
    const [signing] = await listKeys();
    const { code, output } = await keys('revoke', signing?.kid ?? '');
    expect([code, output]).toEqual([
      2,
      expect.stringContaining('it is the key that signs now, and another takes over at once; add --yes'),
    ]);
    expect(await listKeys()).toEqual([signing]);
  });
});

/** Repeatedly issues a token at one instance and checks it at both. */
class Load {
  readonly tokens: string[] = [];
  readonly refused: string[] = [];
  private stopped = false;

  stop(): void {
    this.stopped = true;
  }

  async run(index: number): Promise<void> {
    while (!this.stopped) {
      const token = await issue(index);
      this.tokens.push(token);
      // The first token must stay valid as well.
      for (const one of [token, this.tokens[0] ?? token]) {
        const outcomes = await outcomesOf(one);
        if (outcomes.some((outcome) => outcome !== 'passes')) this.refused.push(`${kidOf(one)} ${outcomes.join()}`);
      }
      // Leave CPU time to other specs.
      await wait(PAUSE_MS);
    }
  }
}

function edit(algorithm: string, besides?: Sallyport) {
  return (config: Record<string, unknown>): void => {
    config['clockSkew'] = '1s';
    if (besides !== undefined) config['store'] = `sqlite:${join(besides.folder, 'sallyport.db')}`;
    const [own] = config['issuers'] as [{ signing: object }];
    own.signing = { algorithm, publishAhead: `${PUBLISH_AHEAD_MS / 1000}s` };
    store.edit(config);
  };
}

async function reload(instance: Sallyport, algorithm: string): Promise<void> {
  const besides = instance === instances[0] ? undefined : instances[0];
  await instance.rewrite(edit(algorithm, besides));
  process.kill(instance.pid ?? 0, 'SIGHUP');
  await expect.poll(() => instance.output(), { timeout: 5_000 }).toContain(`"wanted":"${algorithm}"`);
}

function keys(...args: string[]) {
  return runSallyport(['keys', ...args, '--config', join(instances[0]?.folder ?? '', 'sallyport.yaml')], { env });
}

interface ListedKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly state: string;
  readonly until?: string;
}

async function listKeys(): Promise<readonly ListedKey[]> {
  const { code, output } = await keys('list', '--json');
  expect({ code, output }).toMatchObject({ code: 0 });
  return JSON.parse(output);
}

function kidOf(token: string): string | undefined {
  return decodeProtectedHeader(token).kid;
}

async function issue(index: number): Promise<string> {
  const port = instances[index]?.ports.tokens ?? 0;
  const answer = await call(port, 'POST', TOKENS, OWNER, { scopes: ['messages:send'] });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`);
  return JSON.parse(answer.body).access_token;
}

function outcomesOf(token: string): Promise<readonly string[]> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const request = { method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers };
  return Promise.all(checks.map(async (client) => (await client.check(request, 'raw')).outcome));
}
