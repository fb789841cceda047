import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgeWith, hmac, otherForm } from '../support/jwt/forge.ts';
import {
  ACCOUNT,
  auth0Token,
  type CaseIssuers,
  CORPORATE,
  claims,
  corporateToken,
  OWNER,
  PARTNER,
  startCaseIssuers,
} from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { call } from '../support/servers/http-client.ts';
import { runSallyport } from '../support/servers/run-sallyport.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { STORES, type StoreUnderTest } from '../support/servers/stores.ts';

const MESSAGES = '/3rdparty/v1/messages';

let issuers: CaseIssuers;
let store: StoreUnderTest;
let sallyport: Sallyport;
let door: CheckClient;

describe.each(STORES)('sallyport token revoke, on the $name store of a running Sallyport', (kind) => {
  beforeAll(async () => {
    issuers = await startCaseIssuers();
    store = await kind.start();
    sallyport = await startSallyport({ env: environment(), edit: configure });
    door = connectChecks(sallyport.ports.extAuthz);
  });

  afterAll(async () => {
    door.close();
    await sallyport.close();
    await store.close();
    issuers.close();
  });

  /** A form of revocation: its arguments, its input, and the check in the door's log. */
  interface Way {
    readonly what: string;
    readonly token: () => string;
    readonly revoke: (token: string) => readonly string[];
    readonly input?: (token: string) => string;
    readonly says: RegExp;
    readonly check: string;
  }

  const FORMS: readonly Way[] = [
    {
      what: 'a token on standard input, by its id',
      token: () => corporateToken(issuers, 'RS256', claims({ jti: 'typed in' })),
      revoke: () => ['--token-file', '-'],
      input: (token) => `${token}\n`,
      says: /^revoked token typed in of corporate\n {2}entry {2}sallyport:revoked:corporate:typed%20in\n/,
      check: 'token id',
    },
    {
      what: 'a token without an id, by its thumbprint',
      token: () => auth0Token(issuers, { n: randomBytes(4).toString('hex') }),
      revoke: () => ['--token-file', '-'],
      input: (token) => token,
      says: /^revoked the token with thumbprint [0-9a-f]{64}\n[^]* {2}stays {2}forever\n/,
      check: 'thumbprint',
    },
    {
      what: 'its id',
      token: () => corporateToken(issuers, 'RS256', claims({ jti: 'j/2' })),
      revoke: () => ['--issuer', 'corporate', '--jti', 'j/2'],
      says: /^revoked token j\/2 of corporate\n[^]* {2}stays {2}forever\n/,
      check: 'token id',
    },
    {
      what: 'its id, whose end is known',
      token: () => corporateToken(issuers, 'RS256', claims({ jti: 'j3', exp: 4_000_000_000 })),
      revoke: () => ['--issuer', 'corporate', '--jti', 'j3', '--expires', '2096-10-02T07:06:40Z'],
      says: / {2}stays {2}until 2096-10-02T07:08:40.000Z\n/,
      check: 'token id',
    },
    {
      what: 'its thumbprint',
      token: () => corporateToken(issuers, 'ES256'),
      revoke: (token) => ['--thumbprint', thumbprintOf(token)],
      says: /^revoked the token with thumbprint [0-9a-f]{64}\n/,
      check: 'thumbprint',
    },
    {
      what: 'its subject',
      token: () => corporateToken(issuers, 'RS256', claims({ sub: 'bob b' })),
      revoke: () => ['--issuer', 'corporate', '--subject', 'bob b'],
      says: /^revoked the tokens of bob b of corporate issued up to 2\d{3}-.*\n {2}entry {2}sallyport:notbefore:corporate:bob%20b\n/,
      check: 'subject mark',
    },
    {
      what: 'its key',
      token: () => corporateToken(issuers, 'EdDSA'),
      revoke: () => ['--issuer', 'corporate', '--key', 'ed', '--yes'],
      says: /^revoked what the key ed of corporate signs\n/,
      check: 'signing key',
    },
    {
      what: 'its issuer',
      token: () => partnerToken({ iat: Math.floor(Date.now() / 1000) - 5 }),
      revoke: () => ['--issuer', 'partner', '--all', '--yes'],
      says: /^revoked the tokens of partner issued up to 2\d{3}-/,
      check: 'issuer mark',
    },
  ];

  it.each(FORMS)(
    'revokes a token by $what, and explain says why',
    async ({ token: make, revoke, input, says, check }) => {
      const token = make();
      // A busy machine may have just restarted the feed.
      await expect.poll(() => decide(token), { timeout: 10_000 }).toBe('passes');
      const reason = `incident ${randomBytes(4).toString('hex')}`;
      const args = [...revoke(token), '--by', 'ada', '--reason', reason];
      const { code, output } = await run(['token', 'revoke', ...args], input?.(token));
      expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(says) });
      expect(output).toMatch(/^The store has it; every instance knows within 1 s\.$/m);
      expect(output).not.toContain(token.slice(0, 30));
      await expect.poll(() => decide(token)).toBe('token revoked');

      const isMark = check.endsWith('mark');
      const explained = (await run(['explain', '--token-file', '-', 'POST', MESSAGES], token)).output;
      expect(explained).toContain('denied: token_revoked');
      const words = isMark
        ? /: ends what was issued up to 2\d{3}-\S+Z$/m
        : new RegExp(`: revoked \\S+Z by ada: ${reason}$`, 'm');
      expect(explained).toMatch(words);
      expect(linesOf('decision').at(-1)).toMatchObject({ reason: 'token_revoked', check: `revocation by ${check}` });
      expect(sallyport.output()).not.toContain(reason);
      expect(await audited(reason)).toMatchObject({
        log: 'audit',
        by: 'ada',
        reason,
        msg: expect.stringMatching(/ revoked$/),
      });
    },
  );

  it('does not affect other tokens', async () => {
    const other = corporateToken(issuers, 'RS256', claims({ iat: Math.floor(Date.now() / 1000) + 2 }));
    expect(await decide(other)).toBe('passes');
    const past = ['--issuer', 'corporate', '--subject', 'alice', '--before', '2020-01-01'];
    expect(await run(['token', 'revoke', ...past])).toMatchObject({ code: 0 });
    expect(await run(['token', 'revoke', '--issuer', 'corporate', '--jti', 'unheard of'])).toMatchObject({ code: 0 });
    expect(await decide(other)).toBe('passes');
  });

  it('revokes one of our tokens until it expires, and all tokens of an account by its name', async () => {
    const first = await issue();
    const one = await run(['token', 'revoke', '--issuer', 'sallyport', '--jti', first.id]);
    const until = /stays {2}until (.*)/.exec(one.output)?.[1] ?? '';
    expect(Date.parse(until) - Date.parse(first.expires_at)).toBe(120_000);
    expect(one.output).toMatch(/says {3}revoked \S+Z by operator:\S+$/m);
    await expect.poll(() => decide(first.access_token)).toBe('token revoked');

    const second = await issue();
    const all = await run(['token', 'revoke', '--issuer', 'sallyport', '--subject', ACCOUNT.name.toUpperCase()]);
    expect(all).toMatchObject({ code: 0, output: expect.not.stringContaining('warning') });
    await expect.poll(() => decide(second.access_token)).toBe('token revoked');
  });

  it('revokes a forged token by its thumbprint, and not the token whose id it copies', async () => {
    const good = corporateToken(issuers, 'RS256', claims({ jti: 'victim' }));
    const forged = forgeWith({ alg: 'RS256', kid: 'rsa' }, claims({ jti: 'victim' }), hmac('x'));
    const { code, output } = await run(['token', 'revoke', '--token-file', '-'], forged);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('warning: the token could not be verified (signature)'),
    });
    expect(output).toContain(`sallyport:revoked-thumbprint:${thumbprintOf(forged)}`);
    expect(await decide(good)).toBe('passes');
  });

  it('revokes both forms of an ECDSA signature', async () => {
    const token = corporateToken(issuers, 'ES256', claims({ jti: undefined }));
    const file = join(sallyport.folder, 'token');
    await writeFile(file, otherForm(token));
    expect(await run(['token', 'revoke', '--token-file', file])).toMatchObject({ code: 0 });
    await expect.poll(() => decide(token)).toBe('token revoked');
  });

  it('takes a revocation back at a running instance, and only unrevoke does', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ jti: 'mistake' }));
    const target = ['--issuer', 'corporate', '--jti', 'mistake'];
    await run(['token', 'revoke', ...target, '--by', 'ada', '--reason', 'wrong one']);
    await expect.poll(() => decide(token)).toBe('token revoked');
    const reason = `taken back ${randomBytes(4).toString('hex')}`;
    const { code, output } = await run(['token', 'unrevoke', ...target, '--by', 'bob', '--reason', reason]);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(
        /^taken back: sallyport:revoked:corporate:mistake\n {2}said {3}revoked \S+Z by ada: wrong one\n/,
      ),
    });
    await expect.poll(() => decide(token)).toBe('passes');
    expect(await audited(reason)).toMatchObject({ log: 'audit', by: 'bob', tokenId: 'mistake', reason });
    expect(await run(['token', 'unrevoke', ...target])).toEqual({
      code: 0,
      output: 'nothing to take back: there is no revocation at sallyport:revoked:corporate:mistake\n',
    });
    await run(['token', 'revoke', ...target]);
    await expect.poll(() => decide(token)).toBe('token revoked');
  });

  it('shows a token of our own as active again once its revocation was taken back', async () => {
    const { id, access_token: token } = await issue();
    const target = ['--issuer', 'sallyport', '--jti', id];
    await run(['token', 'revoke', ...target]);
    await expect.poll(() => decide(token)).toBe('token revoked');
    await run(['token', 'unrevoke', ...target]);
    await expect.poll(() => decide(token)).toBe('passes');
    const listed: { id: string; status: string }[] = JSON.parse((await run(['token', 'list', '--json'])).output);
    expect(listed.find((one) => one.id === id)?.status).toBe('active');
  });

  it('refuses to take back the revocation of a rotated token', async () => {
    const made = { name: 'old', scopes: ['messages:send'], expires_at: new Date(Date.now() + 900_000).toISOString() };
    const post = async (path: string, request: object, credential?: string) =>
      JSON.parse((await call(sallyport.ports.tokens, 'POST', path, credential, request)).body);
    const login = `Bearer ${(await post('/v1/login', ACCOUNT)).access_token}`;
    const old = await post('/v1/tokens', made, login);
    const heir = await post(`/v1/tokens/${old.id}/rotate`, { expires_at: made.expires_at, overlap: 600 }, login);
    expect(await decide(old.access_token)).toBe('passes');
    const target = ['--issuer', 'sallyport', '--jti', old.id];
    await run(['token', 'revoke', ...target]);
    await expect.poll(() => decide(old.access_token)).toBe('token revoked');
    const { code, output } = await run(['token', 'unrevoke', ...target]);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(`was rotated to ${heir.id}`) });
    expect(await decide(heir.access_token)).toBe('passes');
    expect(await decide(old.access_token)).toBe('token revoked');
  });

  it.each(['subject', 'key'])('asks for confirmation before it takes back a revocation by --%s', async (form) => {
    const { code, output } = await run(['token', 'unrevoke', '--issuer', 'corporate', `--${form}`, 'nobody']);
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining('add --yes to confirm') });
  });

  it('keeps an earlier revocation, and says so', async () => {
    const args = ['token', 'revoke', '--issuer', 'corporate', '--jti', 'twice'];
    await run([...args, '--by', 'ada', '--reason', 'first']);
    const { output } = await run([...args, '--by', 'bob', '--reason', 'second']);
    expect(output).toMatch(/says {3}revoked \S+Z by ada: first \(unchanged\)$/m);
    const marks = ['token', 'revoke', '--issuer', 'corporate', '--subject', 'carol', '--before'];
    await run([...marks, '2026-01-02']);
    expect((await run([...marks, '2026-01-01'])).output).toMatch(
      /says {3}ends what was issued up to 2026-01-02T00:00:00.000Z \(unchanged\)$/m,
    );
  });

  it('revokes a token that has expired by this clock, which may be ahead', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ jti: 'old', exp: 1_700_000_000 }));
    const { code, output } = await run(['token', 'revoke', '--token-file', '-'], token);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^revoked token old of corporate\n/) });
    expect(output).toMatch(/ {2}says {3}revoked \S+Z by operator:/);
  });

  it.each([
    [
      ['--issuer', 'sallyport', '--jti', 'mistyped'],
      'warning: the store has no record of this token; it is assumed to expire at 20',
    ],
    [['--issuer', 'sallyport', '--subject', 'r'.repeat(22)], 'warning: the store has no account with this id\n'],
    [['--issuer', 'sallyport', '--key', 'mistyped', '--yes'], 'warning: the store has no such key ('],
  ])('warns about %j, of which the store has no record', async (args, words) => {
    const { code, output } = await run(['token', 'revoke', ...args]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(words) });
    expect(output).toContain('The store has it');
  });

  it.each([
    [
      ['--issuer', 'corprate', '--jti', 'j'],
      1,
      "no issuer 'corprate', did you mean 'corporate'? (there is sallyport, ",
    ],
    [['--issuer', CORPORATE, '--jti', 'j'], 1, 'auth0-sms and partner)'],
    [['--issuer', 'partner', '--key', 'k', '--yes'], 1, 'partner signs with a shared secret, which has no key id'],
    [
      ['--issuer', 'sallyport', '--subject', 'dmo'],
      1,
      "no account with the id, name or e-mail address 'dmo', did you mean 'demo'?",
    ],
    [['--token-file', '/nowhere'], 1, "cannot read '/nowhere': no such file"],
    [
      ['--token-file', '-'],
      1,
      'this is neither a JWT nor an opaque token of a configured issuer: a JWT has three parts',
    ],
    [['--issuer', 'corporate', '--all'], 2, 'this ends every token of corporate; add --yes to confirm'],
    [['--issuer', 'corporate', '--key', 'rsa'], 2, 'that the key rsa signs; add --yes to confirm'],
    [['--issuer', 'corporate', '--subject', 's', '--before', '2100-01-01'], 2, 'add --yes to confirm'],
    [['--issuer', 'corporate', '--jti', 'j', '--subject', 's'], 2, 'expected one of --token-file'],
    [['--jti', 'j'], 2, '--issuer is missing'],
  ])('writes nothing for %j', async (args, code, words) => {
    const before = await readFile(join(sallyport.folder, 'audit.log'), 'utf8');
    const answer = await run(['token', 'revoke', ...args], 'op4que');
    expect(answer).toEqual({ code, output: expect.stringContaining(words) });
    expect(answer.output).not.toContain('op4que');
    expect(await readFile(join(sallyport.folder, 'audit.log'), 'utf8')).toBe(before);
  });

  it('works while Sallyport is stopped, and needs no file for its audit record', async () => {
    const token = corporateToken(issuers, 'RS256', claims({ jti: 'meanwhile' }));
    expect(await decide(token)).toBe('passes');
    await sallyport.stop();
    const file = join(sallyport.folder, 'sallyport.yaml');
    const written = await readFile(file, 'utf8');
    await writeFile(file, written.replace('audit: audit.log', 'audit: nowhere/audit.log'));
    const { code, output } = await run([
      'token',
      'revoke',
      '--issuer',
      'corporate',
      '--jti',
      'meanwhile',
      '--by',
      'ada',
    ]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('the record goes here') });
    expect(output).toMatch(/^\{.*"log":"audit","by":"ada",.*"tokenId":"meanwhile".*\}$/m);
    sallyport = await startSallyport({ env: environment(), edit: configure, after: sallyport });
    door.close();
    door = connectChecks(sallyport.ports.extAuthz);
    await expect.poll(() => decide(token)).toBe('token revoked');
  });
});

function environment(): NodeJS.ProcessEnv {
  return { ...issuers.env, ...store.env };
}

function configure(config: Record<string, unknown>): void {
  issuers.configure(config);
  store.edit(config);
  config['log'] = { level: 'trace', audit: 'audit.log' };
}

function run(args: readonly string[], input = '') {
  const config = join(sallyport.folder, 'sallyport.yaml');
  return runSallyport([...args, '--config', config], { env: environment(), input });
}

/** Resolves to the door's response to a message with the token. */
async function decide(token: string): Promise<string> {
  const headers = [['authorization', `Bearer ${token}`]] as const;
  const request = { method: 'POST', host: 'api.example.com', path: MESSAGES, headers };
  const outcome = await door.check(request, 'raw');
  return outcome.outcome === 'passes' ? 'passes' : JSON.parse(outcome.answer.body).message;
}

async function issue() {
  const { tokens: port } = sallyport.ports;
  const answer = await call(port, 'POST', '/3rdparty/v1/auth/token', OWNER, { scopes: ['messages:send'] });
  return JSON.parse(answer.body);
}

function partnerToken(more: object): string {
  const payload = claims({ iss: PARTNER, ...more });
  return forgeWith({ alg: 'HS256', typ: 'JWT' }, payload, hmac(issuers.env['PARTNER_SECRET'] ?? ''));
}

function thumbprintOf(token: string): string {
  return createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('hex');
}

function linesOf(log: string): Record<string, unknown>[] {
  const complete = sallyport.output().split('\n').slice(0, -1);
  return complete.map((line) => JSON.parse(line)).filter((line) => line.log === log);
}

/** Returns the audit record that contains the text. */
async function audited(text: string): Promise<unknown> {
  const lines = (await readFile(join(sallyport.folder, 'audit.log'), 'utf8')).trimEnd().split('\n');
  return lines.filter((line) => line.includes(text)).map((line) => JSON.parse(line))[0];
}
