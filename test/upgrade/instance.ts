import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { basic } from '../support/servers/http-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Process, startProcess, untilReady } from '../support/servers/process.ts';

/** The account that both versions know. */
export interface SharedAccount {
  readonly name: string;
  password: string;
}

/** A running version. */
export interface Instance {
  /** For people: `N` or `N + 1`. */
  readonly name: string;
  readonly ports: { readonly extAuthz: number; readonly tokens: number };
  /** Calls its token service as the account. */
  call(method: string, path: string, body?: object, authorization?: string): Promise<Response>;
  /** Stops it and removes its configuration. */
  close(): Promise<void>;
}

export interface VersionOptions {
  readonly name: string;
  /** The folder of its code. */
  readonly code: string;
  /** Where its store is, as the configuration says it. */
  readonly store: string;
  readonly account: SharedAccount;
}

const CATALOGUE = { 'messages:send': {} };

/** Starts a version on free ports; resolves once its listeners are open. */
export async function startVersion({ name, code, store, account }: VersionOptions): Promise<Instance> {
  const [extAuthz = 0, tokens = 0] = await freePorts(2);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-upgrade-'));
  const config = {
    version: 1,
    listen: { extAuthz: `127.0.0.1:${extAuthz}`, tokens: `127.0.0.1:${tokens}` },
    store,
    timeouts: { decision: '9s', store: '2s' },
    scopes: CATALOGUE,
    issuers: [
      {
        name: 'sallyport',
        issuer: 'https://sallyport.local',
        signing: { algorithm: 'EdDSA', sealWith: { env: 'SEAL' } },
      },
    ],
    routes: [{ method: 'POST', path: '/3rdparty/v1/messages', scope: 'messages:send' }],
  };
  const file = join(folder, 'sallyport.yaml');
  await writeFile(file, JSON.stringify(config));
  const env = { SALLYPORT_ACCOUNT: `${account.name}:${account.password}`, SEAL: 'the same secret for every instance' };
  const args = [join(code, 'src/main.ts'), 'serve', '--config', file];
  const running: Process = startProcess({ command: process.execPath, args, env });
  await untilReady(running, [extAuthz, tokens]);
  return {
    name,
    ports: { extAuthz, tokens },
    call: (method, path, body, authorization = basic(account.name, account.password)) =>
      fetch(`http://127.0.0.1:${tokens}${path}`, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    close: async () => {
      await running.stop();
      await rm(folder, { recursive: true });
    },
  };
}
