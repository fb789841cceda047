import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { keycloak } from '../../tools/keycloak.ts';
import { freePorts } from '../support/servers/ports.ts';
import { startProcess } from '../support/servers/process.ts';

const START_MS = 600_000;
const REALM = 'acme';
const ADMIN = { name: 'admin', password: 'the admin of a test' };

/** The tokens of one answer. A client has no refresh token and no ID token. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

/** A Keycloak of its own with the realm of `realm.json`, whose data lie in memory. */
export interface RunningKeycloak {
  /** The `iss` of the realm. */
  readonly issuer: string;
  readonly version: string;
  /** Client credentials, or the password of a user. The password of each name is `NAME-secret`. */
  issue(client: string, user?: string): Promise<Tokens>;
  /** Adds a key, which signs from now on. */
  addKey(): Promise<void>;
  /** Removes every key for signatures but the newest. */
  removeFormerKeys(): Promise<void>;
  close(): Promise<void>;
}

export async function startKeycloak(): Promise<RunningKeycloak> {
  const folder = await keycloak();
  const [port = 0] = await freePorts(1);
  const command = join(folder, 'bin/kc.sh');
  // Archives that Python unpacks lose this bit.
  await chmod(command, 0o755);
  const env = { KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.name, KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password };
  const args = ['start-dev', '--db=dev-mem', '--http-host=127.0.0.1', `--http-port=${port}`];
  const running = startProcess({ command, args, env });
  const origin = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => void (await running.stop());
  try {
    await untilAnswering(`${origin}/realms/master`, running.ended);
    const admin = new Admin(origin);
    await admin.call(
      'POST',
      '/admin/realms',
      JSON.parse(await readFile(new URL('realm.json', import.meta.url), 'utf8')),
    );
    const version = (await readFile(join(folder, 'version.txt'), 'utf8')).replace('Keycloak - Version', '').trim();
    return {
      issuer: `${origin}/realms/${REALM}`,
      version,
      issue: (client, user) => issue(origin, client, user),
      addKey: () => addKey(admin),
      removeFormerKeys: () => removeFormerKeys(admin),
      close,
    };
  } catch (error) {
    await close();
    throw new Error(`Keycloak did not start:\n${running.output()}`, { cause: error });
  }
}

async function untilAnswering(url: string, ended: Promise<number | null>): Promise<void> {
  const state = { isOver: false };
  void ended.finally(() => (state.isOver = true));
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && !state.isOver; await delay(500)) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
  }
  throw new Error('it does not answer');
}

async function issue(origin: string, client: string, user?: string): Promise<Tokens> {
  const form = new URLSearchParams({ client_id: client, client_secret: `${client}-secret` });
  const grant =
    user === undefined
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'password', username: user, password: `${user}-secret`, scope: 'openid' };
  for (const [name, value] of Object.entries(grant)) form.set(name, value);
  return post<Tokens>(`${origin}/realms/${REALM}/protocol/openid-connect/token`, form);
}

async function post<Answer>(url: string, form: URLSearchParams): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`Keycloak answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Keycloak's administration, with a fresh token for each call: that of the administrator lives for a minute. */
class Admin {
  private readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  async call<Answer>(method: string, path: string, body?: object): Promise<Answer | undefined> {
    const form = new URLSearchParams({
      client_id: 'admin-cli',
      grant_type: 'password',
      username: ADMIN.name,
      password: ADMIN.password,
    });
    const { access_token } = await post<Tokens>(`${this.origin}/realms/master/protocol/openid-connect/token`, form);
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as Answer);
  }
}

const COMPONENTS = `/admin/realms/${REALM}/components`;
const PROVIDER = 'org.keycloak.keys.KeyProvider';

interface KeyComponent {
  readonly id: string;
  readonly providerId: string;
  readonly config: Readonly<Record<string, readonly string[]>>;
}

async function addKey(admin: Admin): Promise<void> {
  const { id } = (await admin.call<{ readonly id: string }>('GET', `/admin/realms/${REALM}`)) ?? {};
  await admin.call('POST', COMPONENTS, {
    name: 'next',
    providerId: 'rsa-generated',
    providerType: PROVIDER,
    parentId: id,
    config: { priority: ['200'], enabled: ['true'], active: ['true'], algorithm: ['RS256'] },
  });
}

async function removeFormerKeys(admin: Admin): Promise<void> {
  const components = (await admin.call<readonly KeyComponent[]>('GET', `${COMPONENTS}?type=${PROVIDER}`)) ?? [];
  const former = components.filter(
    ({ providerId, config }) => providerId === 'rsa-generated' && config['priority']?.[0] !== '200',
  );
  for (const { id } of former) await admin.call('DELETE', `${COMPONENTS}/${id}`);
}
