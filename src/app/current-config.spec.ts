import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFrom } from '../../test/support/config.ts';
import { SimulatedTime } from '../../test/support/simulated-time.ts';
import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { StoreError } from '../core/ports.ts';
import { systemClock } from '../lib/clock.ts';
import { Observation } from '../observe/observation.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/store.ts';
import { CurrentConfig } from './current-config.ts';
import { closeAll } from './opened-parts.ts';
import { openOwnSigning } from './own-signing.ts';
import { boundLogIns, openSharedParts } from './shared-parts.ts';

const RETRY_MS = 5_000;
const REFUSED = 'refuses the user name or the password';
const env = { ONE: 'the-first-password', TWO: 'the-second-password', SEAL: 'x'.repeat(32) };

let folder: string;
let lines: string[];
let opened: (() => Promise<void>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-current-'));
  lines = [];
  opened = [];
});

afterEach(async () => {
  await closeAll(opened);
  rmSync(folder, { recursive: true });
});

/** A configuration with a Redis store whose password is in this variable. */
function configOf({ password = 'ONE', changes = '' }: { readonly password?: string; readonly changes?: string } = {}) {
  const store = `{ url: redis://127.0.0.1:1, password: { env: ${password} } }`;
  const own = 'name: own, issuer: us, signing: { algorithm: EdDSA, sealWith: { env: SEAL } }';
  const listen = '{ extAuthz: "127.0.0.1:1", tokens: "127.0.0.1:2" }';
  const issuers = changes.includes('issuers') ? '' : `issuers: [{ ${own} }]\n`;
  return configFrom(`version: 1\nlisten: ${listen}\nstore: ${store}\n${issuers}${changes}\nroutes: []`, { env });
}

/** A configuration that differs in everything that a long-lived part takes up. */
function changedConfig(password = 'ONE', audit = join(folder, 'audit.log')): Config {
  const own = '{ name: own, issuer: us, signing: { algorithm: EdDSA, sealWith: { env: SEAL } } }';
  const jwks = '{ name: far, issuer: "https://far", audience: a, algorithms: [RS256], jwks: "https://127.0.0.1:1/" }';
  const introspection = 'introspection: { url: "https://127.0.0.1:1/", clientId: c, clientSecret: { env: TWO } }';
  const opaque = `{ name: opaque, ${introspection}, audience: any, allowScopes: ["messages:send"] }`;
  const issuers = `issuers: [${own}, ${jwks}, ${opaque}]`;
  const sections = `scopes: { messages:send: {} }\nrevocation: { maxStaleness: 700ms, keep: 300ms }\nlog: { audit: ${audit} }`;
  return configOf({ password, changes: `${issuers}\n${sections}` });
}

function loaded(config: Config): Loaded {
  return { ok: true, config, warnings: [], unchecked: [], files: [], globs: [] };
}

async function open() {
  const config = configOf();
  const observation = new Observation(config.log, {
    clock: systemClock,
    destination: { write: (line) => lines.push(line) },
  });
  opened.push(async () => observation.close());
  const time = new SimulatedTime();
  const redis = { refusal: undefined as string | undefined, checks: 0, reconfigured: 0 };
  const store: Store = {
    ...openMemoryStore(),
    checkAccess: async () => {
      redis.checks += 1;
      if (redis.refusal !== undefined) throw new StoreError(redis.refusal);
    },
    reconfigure: async () => void (redis.reconfigured += 1),
  };
  const base = await openSharedParts(config, observation, systemClock, opened, store);
  const own = await openOwnSigning(config, base, 'create the first key');
  opened.push(async () => own?.keys.close());
  const changedDoors: string[] = [];
  const door = (name: string) => ({ reconfigure: () => void changedDoors.push(name) });
  const doors = {
    extAuthz: door('extAuthz'),
    tokens: door('tokens'),
    verify: undefined,
    access: undefined,
    admin: undefined,
  };
  const parts = { ...base, ...boundLogIns(config, base, own), own, basicUses: undefined, observation, doors };
  const current = new CurrentConfig(config, { ...parts, timers: time });
  changedDoors.length = 0;
  redis.reconfigured = 0;
  /** All that a reload changes. */
  const state = () => ({
    active: current.active,
    keySets: [...base.keySets.statuses()].map(({ issuer }) => issuer),
    introspection: [...base.introspection.statuses()].map(({ issuer }) => issuer),
    maxStalenessMs: base.standings.maxStalenessMs,
    keepMs: base.standings.freshness.keepMs,
    storeChanges: redis.reconfigured,
    doors: [...changedDoors],
  });
  return { current, redis, time, state };
}

function messages(): unknown[] {
  return lines.map((line) => JSON.parse(line).msg).filter((message) => String(message).startsWith('configuration'));
}

const REFUSAL = 'configuration not taken up: the former one stays in force';
const TAKEN = 'configuration taken up';

describe('CurrentConfig.reload()', () => {
  it('takes a configuration up whole', async () => {
    const { current, state } = await open();
    const before = state();
    await current.reload(loaded(changedConfig()));
    await expect.poll(() => state().introspection).toEqual(['opaque']);
    expect(state()).toEqual({
      active: expect.not.objectContaining({ config: before.active.config }),
      keySets: ['far'],
      introspection: ['opaque'],
      maxStalenessMs: 700,
      keepMs: 300,
      storeChanges: 1,
      doors: ['extAuthz', 'tokens'],
    });
    expect(messages()).toEqual([]);
    expect(readFileSync(join(folder, 'audit.log'), 'utf8')).toContain(TAKEN);
  });

  it('changes nothing, at whichever step the build fails', async () => {
    const { current, state } = await open();
    const before = state();
    const changed = changedConfig();
    /** The audit log is opened last. */
    const isBuilt = () => existsSync(join(folder, 'audit.log'));
    let failing = 0;
    while (!isBuilt()) {
      failing += 1;
      let reads = 0;
      const get = (config: Config, key: string | symbol): unknown => {
        reads += 1;
        if (reads === failing && !isBuilt()) throw new Error(`read ${failing}`);
        return Reflect.get(config, key);
      };
      lines.length = 0;
      await current.reload(loaded(new Proxy(changed, { get })));
      if (isBuilt()) break;
      expect([messages(), lines.join('')]).toEqual([[REFUSAL], expect.stringContaining(`read ${failing}`)]);
      expect(state()).toEqual(before);
      expect(state().active).toBe(before.active);
    }
    expect(failing).toBeGreaterThan(20);
    expect(state()).toMatchObject({ keySets: ['far'], storeChanges: 1 });
  });

  it('changes nothing if the audit log cannot be opened', async () => {
    const { current, state } = await open();
    const before = state();
    await current.reload(loaded(changedConfig('ONE', join(folder, 'none', 'audit.log'))));
    expect(state()).toEqual(before);
    expect(messages()).toEqual([REFUSAL]);
    expect(lines.join('')).toContain('log.audit: cannot open the file: ENOENT');
  });

  it('changes nothing while the store refuses the credentials, and takes them up once it does not', async () => {
    const { current, redis, time, state } = await open();
    const before = state();
    redis.refusal = REFUSED;
    await current.reload(loaded(changedConfig('TWO')));
    for (let tries = 0; tries < 3; tries += 1) await time.advance(RETRY_MS);
    expect([redis.checks, state()]).toEqual([4, before]);
    expect(messages()).toEqual([REFUSAL]);
    expect(lines.join('')).toContain(REFUSED);
    expect(existsSync(join(folder, 'audit.log'))).toBe(false);
    redis.refusal = undefined;
    await time.advance(RETRY_MS);
    expect(state()).toMatchObject({ keySets: ['far'], storeChanges: 1 });
    expect(time.pending).toBe(0);
  });

  it('stops retrying a configuration once another one is requested', async () => {
    const { current, redis, time, state } = await open();
    redis.refusal = REFUSED;
    await current.reload(loaded(changedConfig('TWO')));
    redis.refusal = undefined;
    const next = configOf();
    await current.reload(loaded(next));
    expect([state().active.config, time.pending]).toEqual([next, 0]);
    redis.refusal = REFUSED;
    await current.reload(loaded(changedConfig('TWO')));
    current.close();
    expect(time.pending).toBe(0);
  });

  it('takes up the one that was requested last, however long the store takes', async () => {
    const { current, redis, state } = await open();
    redis.refusal = REFUSED;
    const first = current.reload(loaded(changedConfig('TWO')));
    const next = configOf();
    const last = current.reload(loaded(next));
    redis.refusal = undefined;
    await Promise.all([first, last]);
    expect(state().active.config).toBe(next);
  });

  it('takes up nothing after close()', async () => {
    const { current, state } = await open();
    const before = state();
    const reloading = current.reload(loaded(changedConfig()));
    current.close();
    await reloading;
    expect(state()).toEqual(before);
    expect(messages()).toEqual([]);
    expect(existsSync(join(folder, 'audit.log'))).toBe(false);
  });
});
