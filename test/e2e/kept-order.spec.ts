import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answering, startAnswering } from '../support/kept/answering.ts';
import { KEPT_FIELD, keeping } from '../support/kept/keeping.ts';
import { ChangedScripts, CLOCKS_FROM_FIELDS } from '../support/kept/scripts.ts';
import { type ConnectionManager, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';

const MESSAGES = '/3rdparty/v1/messages';
const KEEP_MS = 700;

const scripts = new ChangedScripts();
/** The service fails or redirects each request with `x-first` for the first time. */
const service = createServer((request, response) => {
  const { 'x-first': first, 'x-auth-subject': subject } = request.headers;
  arrived.push(subject?.toString());
  if (first === undefined || arrived.length > 1) response.end('done');
  else response.writeHead(Number(first), { location: `http://127.0.0.1${MESSAGES}` }).end();
});
let answering: Answering;
/** The identities that reached the service. */
const arrived: (string | undefined)[] = [];
let envoy: RunningEnvoy;
let tokens = 0;
/** Each test has a time of its own, since the clocks only go forwards. */
let beginMs = 1_000_000;

type Change = readonly [from: string, to: string];

/** A request that is answered late does not set the clocks back when it goes on. */
const CLOCKS_GO_ON = ['boot', 'wall'].map((clock): Change => {
  const field = `tonumber(handle:headers():get("x-${clock}") or ${clock}Ms)`;
  return [`${clock}Ms = ${field}`, `${clock}Ms = math.max(${clock}Ms, ${field})`];
});

function gateway(name: string, changes: readonly Change[] = [], edit: (manager: ConnectionManager) => void = () => {}) {
  const keep = keeping((parts, manager) => {
    parts.code['source_code'] = { filename: scripts.write(...CLOCKS_FROM_FIELDS, ...changes) };
    edit(manager);
  });
  return { name, normalises: true, rawHeaders: true, edit: keep };
}

/** Makes Envoy send requests again by itself. */
function sendAgain({ route_config: { virtual_hosts: hosts } }: ConnectionManager): void {
  const again = {
    retry_policy: { retry_on: '5xx', num_retries: 1 },
    internal_redirect_policy: { max_internal_redirects: 1 },
  };
  hosts[0].routes.unshift({ match: { prefix: MESSAGES }, route: { cluster: 'messages', ...again } });
}

beforeAll(async () => {
  answering = await startAnswering();
  await once(service.listen(0, '127.0.0.1'), 'listening');
  // A listening TCP server has an address of this form.
  const { port } = service.address() as AddressInfo;
  const ports = { sallyport: answering.port, tokens: port, messages: port, devices: port };
  const listeners = [
    gateway('kept'),
    gateway('little memory', [['MAX_BYTES = 8388608', 'MAX_BYTES = 20000']]),
    gateway('few under way', [['MAX_PENDING = 1024', 'MAX_PENDING = 2']]),
    gateway('sent again', [], sendAgain),
    gateway('answered late', CLOCKS_GO_ON),
  ];
  envoy = await startEnvoy(ports, { listeners });
});

afterAll(async () => {
  await envoy.close();
  answering.close();
  service.close().closeAllConnections();
  scripts.remove();
});

/** Sends a token at this time after the test's beginning. Resolves to the status, and `kept` if it passed by a kept answer. */
async function send(token: string, atMs: number, name = 'kept', first?: number): Promise<string> {
  const port = envoy.gateways.find((one) => one.name === name)?.port;
  const at = String(beginMs + atMs);
  const more: Record<string, string> = first === undefined ? {} : { 'x-first': String(first) };
  const headers = { authorization: `Bearer ${token}`, 'x-boot': at, 'x-wall': at, ...more };
  const response = await fetch(`http://127.0.0.1:${port}${MESSAGES}`, { headers });
  await response.arrayBuffer();
  return response.headers.get(KEPT_FIELD) === 'true' ? `${response.status} kept` : String(response.status);
}

/** Sends a token that is asked about, and lets the test answer. */
async function ask(token: string, atMs: number, name?: string) {
  const response = send(token, atMs, name);
  const question = await answering.next();
  return {
    allow: async (keepMs = KEEP_MS) => {
      question.allow(keepMs);
      expect(await response).toBe('200');
    },
    deny: async () => {
      question.deny();
      expect(await response).toBe('401');
    },
  };
}

/** A new token that came once, so that the next answer about it is kept. */
async function seen(name?: string): Promise<string> {
  beginMs += 100_000;
  const token = `token-${'x'.repeat(20)}-${++tokens}`;
  await (await ask(token, 0, name)).allow();
  return token;
}

describe('the answers to requests that are under way together', () => {
  it('a denial ends an allow that was asked for before it, within 50 ms, in whichever order they come', async () => {
    for (const isDeniedFirst of [true, false]) {
      const token = await seen();
      const [earlier, later] = [await ask(token, 1), await ask(token, 2)];
      if (isDeniedFirst) await later.deny();
      await earlier.allow();
      if (!isDeniedFirst) await later.deny();
      expect(await send(token, 51)).toBe('200 kept');
      await (await ask(token, 52)).deny();
      await (await ask(token, 53)).deny();
    }
  });

  it('two allows: the later one counts for its whole time, in whichever order they come', async () => {
    for (const isLaterFirst of [true, false]) {
      const token = await seen();
      const [earlier, later] = [await ask(token, 1), await ask(token, 101)];
      if (isLaterFirst) await later.allow();
      await earlier.allow();
      if (!isLaterFirst) await later.allow();
      expect(await send(token, KEEP_MS + 100)).toBe('200 kept');
      await (await ask(token, KEEP_MS + 101)).deny();
    }
  });

  it('a question that has no answer yet lets the kept one pass for 50 ms', async () => {
    const token = await seen();
    const [first, second] = [await ask(token, 1), await ask(token, 2)];
    await first.allow();
    expect(await send(token, 51)).toBe('200 kept');
    const third = await ask(token, 52);
    await second.allow();
    await third.allow();
    expect(await send(token, 600)).toBe('200 kept');
  });
});

describe('an answer that comes late', () => {
  const NAME = 'answered late';

  it('ends when its time is over, counted from when it was asked for', async () => {
    const token = await seen(NAME);
    const question = await ask(token, 1, NAME);
    await (await ask('another', 601, NAME)).deny();
    await question.allow(KEEP_MS);
    expect(await send(token, KEEP_MS, NAME)).toBe('200 kept');
    await (await ask(token, KEEP_MS + 1, NAME)).deny();
  });

  it('is not kept if its time was over before', async () => {
    const token = await seen(NAME);
    const question = await ask(token, 1, NAME);
    await (await ask('another', KEEP_MS + 1, NAME)).deny();
    await question.allow(KEEP_MS);
    await (await ask(token, KEEP_MS + 1, NAME)).deny();
  });
});

describe('one answer after the other', () => {
  it('a denial drops what was kept before', async () => {
    const token = await seen();
    await (await ask(token, 1)).allow(100);
    expect(await send(token, 100)).toBe('200 kept');
    await (await ask(token, 101)).deny();
    await (await ask(token, 102)).deny();
  });

  it('an answer without a time is not kept, and ends what was kept before', async () => {
    const token = await seen();
    await (await ask(token, 1)).allow(10);
    await (await ask(token, 11)).allow(0);
    await (await ask(token, 12)).allow(0);
  });
});

describe('memory', () => {
  it('is bounded: what was kept first goes first, and only costs a question', async () => {
    const kept: string[] = [];
    for (let index = 0; index < 60; index++) {
      const token = `memory-${index}-${'x'.repeat(24)}`;
      await (await ask(token, 0, 'little memory')).allow();
      await (await ask(token, 1, 'little memory')).allow();
      kept.push(token);
    }
    expect(await send(kept.at(-1) ?? '', 2, 'little memory')).toBe('200 kept');
    await (await ask(kept[0] ?? '', 2, 'little memory')).allow();
  });

  it('keeps no answer about a request with a key of more than 8 KB', async () => {
    const token = 'x'.repeat(8_200);
    for (let time = 0; time < 4; time++) await (await ask(token, time)).allow();
  });

  it('keeps no answer to a question that newer ones have pushed out', async () => {
    const [one, two, three] = [await seen('few under way'), await seen('few under way'), await seen('few under way')];
    const first = await ask(one, 1, 'few under way');
    const others = [await ask(two, 1, 'few under way'), await ask(three, 1, 'few under way')];
    await first.allow();
    for (const other of others) await other.allow();
    expect(await send(three, 2, 'few under way')).toBe('200 kept');
    await (await ask(one, 2, 'few under way')).allow();
  });
});

describe('a request that Envoy sends again', () => {
  const NAME = 'sent again';

  it('is not asked about again after a failure of the service, and its identity stays', async () => {
    const token = await seen(NAME);
    await (await ask(token, 1, NAME)).allow();
    arrived.length = 0;
    expect(await send(token, 2, NAME, 503)).toBe('200 kept');
    expect(arrived).toEqual(['account-1', 'account-1']);
  });

  it('is asked about anew, without its credential, after an internal redirect', async () => {
    const token = await seen(NAME);
    await (await ask(token, 1, NAME)).allow();
    arrived.length = 0;
    const response = send(token, 2, NAME, 302);
    (await answering.next()).deny();
    expect(await response).toBe('401');
    expect(arrived).toEqual(['account-1']);
  });
});
