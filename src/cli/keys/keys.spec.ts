import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApp } from '../../app/start.ts';
import { requireConfig } from '../command.ts';
import { keys } from './keys.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
/** What the last command wrote to standard error, where audit records go without `log.audit`. */
let errors: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'));
  env = { FIRST: 'f'.repeat(20), SECOND: 's'.repeat(20) };
});

afterEach(() => rm(folder, { recursive: true }));

async function configure(
  sealWith: string | undefined,
  { store = 'sqlite:./store.db', audit = '' }: { readonly store?: string; readonly audit?: string } = {},
): Promise<string> {
  const file = join(folder, 'sallyport.yaml');
  const signing = sealWith === undefined ? '' : `, sealWith: { env: ${sealWith} }`;
  await writeFile(
    file,
    `version: 1
listen: { tokens: "127.0.0.1:0" }
store: ${store}
issuers: [{ name: sallyport, issuer: "https://s.local", signing: { algorithm: EdDSA${signing} } }]
routes: []
log: { level: silent${audit} }
`,
  );
  return file;
}

/** Starts on the store and stops again. */
async function run(config: string): Promise<void> {
  const app = await startApp(requireConfig(config, env), { env, logDestination: { write: () => {} } });
  await app.close();
}

async function command(config: string, positionals: string[], values: Record<string, string | boolean> = {}) {
  let out = '';
  let err = '';
  const terminal = {
    env,
    stdin: process.stdin,
    out: (text: string) => (out += text),
    err: (text: string) => (err += text),
  };
  const code = await keys.run({ positionals, values, config }, terminal);
  errors = err;
  return { code, out };
}

describe('sallyport keys reseal', () => {
  it('changes the secret, from the file beside the store and from a variable, and the key stays', async () => {
    await run(await configure(undefined));
    const listed = await command(await configure(undefined), ['list']);
    const first = await configure('FIRST');
    await expect(run(first)).rejects.toThrow('set it back, or see sallyport keys reseal');
    expect(await command(first, ['reseal'])).toEqual({ code: 0, out: 'sealed 1 key with signing.sealWith\n' });
    await run(first);
    const second = await configure('SECOND');
    const from = { 'from-env': 'FIRST' };
    expect(await command(second, ['reseal'], from)).toEqual({ code: 0, out: 'sealed 1 key with signing.sealWith\n' });
    expect((await command(second, ['reseal'], from)).out).toContain('already');
    await run(second);
    expect(await command(second, ['list'])).toEqual(listed);
  });

  it.each([
    ['both options', { 'from-env': 'FIRST', 'from-file': 'x' }, '--from-env and --from-file cannot be used together'],
    ['an encoding without a secret', { base64url: true }, '--base64url needs --from-env or --from-file'],
    ['a variable that is not set', { 'from-env': 'NONE' }, 'the environment variable NONE is not set'],
    ['a file that is not there', { 'from-file': '/none' }, "cannot read '/none': no such file"],
    ['a wrong secret', { 'from-env': 'FIRST' }, 'is not the one they were sealed with'],
  ])('is refused with %s', async (_what, values, message) => {
    await run(await configure(undefined));
    await expect(command(await configure('SECOND'), ['reseal'], values)).rejects.toThrow(message);
  });

  it('records who did it and how many keys it sealed, and no secret', async () => {
    await run(await configure(undefined));
    const second = await configure('SECOND');
    await command(second, ['reseal'], { by: 'ada' });
    const record = { log: 'audit', msg: 'signing keys resealed', by: 'ada', issuer: 'sallyport', count: 1 };
    expect(JSON.parse(errors)).toMatchObject(record);
    expect(errors).not.toContain(env['SECOND']);
    await command(second, ['reseal']);
    expect(errors).toBe('');
  });

  it('changes nothing if the audit log cannot be opened', async () => {
    const first = await configure(undefined);
    await run(first);
    const unrecorded = await configure('SECOND', { audit: ', audit: ./none/audit.log' });
    await expect(command(unrecorded, ['reseal'])).rejects.toThrow(/^log\.audit: .*; nothing was done/);
    await run(await configure(undefined));
  });

  it('needs a secret to seal with', async () => {
    await run(await configure(undefined));
    await expect(command(await configure(undefined), ['reseal'])).rejects.toThrow('signing.sealWith is not set');
  });
});

describe('sallyport keys', () => {
  it.each([
    ['a memory store', '"memory:"', 'no other process can reach'],
    ['a store that is not there', 'sqlite:./none.db', 'there is no store at'],
  ])('is refused on %s', async (_what, store, message) => {
    await expect(command(await configure('FIRST', { store }), ['list'])).rejects.toThrow(message);
  });
});
