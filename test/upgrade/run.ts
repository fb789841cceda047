/**
 * Runs this version of Sallyport (N + 1) beside another one (N) on one Redis, as a rolling upgrade does, and then on a SQLite
 * file one after the other. Prints each step; the exit code is 1 if one fails.
 *
 *     npm run test:upgrade -- ../sallyport-of-the-version-before
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../support/redis/server.ts';
import { Steps } from '../support/report/steps.ts';
import { connectChecks } from '../support/servers/check-client.ts';
import { type Instance, type SharedAccount, startVersion } from './instance.ts';

const OWN = fileURLToPath(new URL('../..', import.meta.url));
const MAX_STALENESS_MS = 1_000;
const SCOPES = ['messages:send'];

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('Name the folder with the other version: npm run test:upgrade -- FOLDER\n');
  process.exit(2);
}
const other = resolve(process.env['INIT_CWD'] ?? '.', folder);
const steps = new Steps();

interface Issued {
  readonly id: string;
  readonly access_token: string;
}

async function issue(by: Instance): Promise<Issued> {
  const response = await by.call('POST', '/3rdparty/v1/auth/token', { ttl: 600, scopes: SCOPES });
  if (response.status !== 201)
    throw new Error(`${by.name} issued no token: ${response.status} ${await response.text()}`);
  return (await response.json()) as Issued;
}

/** Resolves to the status that an instance decides for a token: 200 for an allow. */
async function decide(by: Instance, token: string): Promise<number> {
  const checks = connectChecks(by.ports.extAuthz);
  try {
    const headers = [['authorization', `Bearer ${token}`]] as const;
    const asked = { method: 'POST', path: '/3rdparty/v1/messages', host: 'example.com', headers };
    const outcome = await checks.check(asked, 'raw');
    return outcome.outcome === 'passes' ? 200 : outcome.answer.status;
  } finally {
    checks.close();
  }
}

async function expectStatus(by: Instance, token: string, expected: number): Promise<void> {
  const status = await decide(by, token);
  if (status !== expected) throw new Error(`${by.name} decided ${status} instead of ${expected}`);
}

/** A token of each instance works at the other, and its revocation at one ends it at the other. */
async function crossing(issuer: Instance, revoker: Instance): Promise<string> {
  const { id, access_token: token } = await issue(issuer);
  await expectStatus(issuer, token, 200);
  await expectStatus(revoker, token, 200);
  const { status } = await revoker.call('DELETE', `/3rdparty/v1/auth/token/${id}`);
  if (status !== 204) throw new Error(`${revoker.name} answered the revocation with ${status}`);
  await untilDenied(issuer, token);
  await expectStatus(revoker, token, 401);
  return `a token of ${issuer.name} works at ${revoker.name}, which revokes it: ${issuer.name} denies it`;
}

/** Asks until the token is denied. Rejects if a decision that began later than the promise allows still allows it. */
async function untilDenied(by: Instance, token: string): Promise<void> {
  const acknowledged = performance.now();
  for (let begun = acknowledged; (await decide(by, token)) === 200; begun = performance.now()) {
    if (begun - acknowledged > MAX_STALENESS_MS) throw new Error(`${by.name} still allows the token`);
  }
}

/** A new password ends every token of the account, wherever it was issued. */
async function newPassword(at: Instance, elsewhere: Instance, account: SharedAccount): Promise<string> {
  const { access_token: token } = await issue(elsewhere);
  await expectStatus(elsewhere, token, 200);
  const { name, password: current } = account;
  const logIn = await at.call('POST', '/v1/login', { email: name, password: current });
  const { access_token: login } = (await logIn.json()) as Issued;
  const next = `${current}, changed`;
  const { status } = await at.call('POST', '/v1/password', { current, new: next }, `Bearer ${login}`);
  if (status !== 204) throw new Error(`${at.name} answered the new password with ${status}`);
  account.password = next;
  await untilDenied(elsewhere, token);
  await expectStatus(elsewhere, (await issue(elsewhere)).access_token, 200);
  return `changed at ${at.name}: ${elsewhere.name} denies the old token, and issues with the new password`;
}

/** Both versions on one Redis, as in a rolling upgrade; then N alone again, as after a roll back. */
async function sideBySide(): Promise<void> {
  const redis = await startRedis();
  const account = { name: 'admin', password: 'an old and long passphrase' };
  const shared = { store: `redis://127.0.0.1:${redis.port}/0`, account };
  const former = await startVersion({ name: 'N', code: other, ...shared });
  let next = await startVersion({ name: 'N + 1', code: OWN, ...shared });
  try {
    await steps.run('Redis: revoke at N + 1', () => crossing(former, next));
    await steps.run('Redis: revoke at N', () => crossing(next, former));
    await steps.run('Redis: a new password at N + 1', () => newPassword(next, former, account));
    await steps.run('Redis: a new password at N', () => newPassword(former, next, account));
    await next.close();
    await steps.run('Redis: back to N', async () => {
      await expectStatus(former, (await issue(former)).access_token, 200);
      next = await startVersion({ name: 'N + 1', code: OWN, ...shared });
      return 'N + 1 stopped: N issues and allows';
    });
  } finally {
    await Promise.all([former.close(), next.close()]);
    await redis.close();
  }
}

/** A store whose layout is newer may be refused, if that is said (docs/backup.md). Throws any other failure again. */
function refusedAsNewer(error: unknown): string {
  if (error instanceof Error && /has schema version \d+, but this Sallyport knows versions up to/.test(error.message)) {
    return 'refused, because N + 1 has changed the layout: the copy from before is the way back';
  }
  throw error;
}

/** One after the other on one SQLite file, forth and back. */
async function oneAfterTheOther(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-upgrade-'));
  const account = { name: 'admin', password: 'an old and long passphrase' };
  const issued: string[] = [];
  const revoked: string[] = [];
  const turn = async (name: string, code: string): Promise<string> => {
    const instance = await startVersion({ name, code, store: `sqlite:${folder}/store.db`, account });
    try {
      for (const token of issued) await expectStatus(instance, token, 200);
      for (const token of revoked) await expectStatus(instance, token, 401);
      const ended = await issue(instance);
      await instance.call('DELETE', `/3rdparty/v1/auth/token/${ended.id}`);
      revoked.push(ended.access_token);
      issued.push((await issue(instance)).access_token);
      return `allows ${issued.length} tokens, denies ${revoked.length} revoked ones`;
    } finally {
      await instance.close();
    }
  };
  try {
    await steps.run('SQLite: N', () => turn('N', other));
    await steps.run('SQLite: N + 1', () => turn('N + 1', OWN));
    await steps.run('SQLite: back to N', () => turn('N', other).catch(refusedAsNewer));
    await steps.run('SQLite: N + 1 again', () => turn('N + 1', OWN));
  } finally {
    await rm(folder, { recursive: true });
  }
}

try {
  await sideBySide();
  await oneAfterTheOther();
} catch (error) {
  // A step has printed its own failure.
  if (!steps.hasFailed) throw error;
}
process.exitCode = steps.end() ? 0 : 1;
