import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEPT_FIELD, keeping } from '../support/kept/keeping.ts';
import { type CaseIssuers, OWNER, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { GATEWAYS, type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { call, sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { REDIS, SQLITE, type StoreUnderTest } from '../support/servers/stores.ts';

const MAX_STALENESS_MS = 1_000;
/** The revocations of each case; the table in `docs/kept-answers.md` has 200. */
const REVOCATIONS = Number(process.env['REVOCATIONS'] ?? 8);
/** How many tokens are used at once. */
const AT_ONCE = 4;
/** The connections to Envoy of each token, which has two workers. */
const CONNECTIONS = 4;
const PAUSE_MS = 10;
const TOKENS = '/3rdparty/v1/auth/token';
const MESSAGES = '/3rdparty/v1/messages';

/** What happened to requests with one token, in milliseconds after A acknowledged its revocation. */
interface Course {
  /** When the last request that passed was sent; negative if none passed afterwards. */
  readonly lastPassMs: number;
  /** When the first denial arrived. */
  readonly deniedMs: number;
  /** How many requests passed by kept answers, before and after. */
  readonly kept: number;
}

/** Two instances on one store; Envoy asks B, and tokens are revoked at A. */
interface Setting {
  readonly store: StoreUnderTest;
  readonly a: Sallyport;
  readonly b: Sallyport;
  readonly envoy: RunningEnvoy;
  manager: string;
}

let issuers: CaseIssuers;
let services: Services;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  services = await startServices();
});

afterAll(() => {
  services.close();
  issuers.close();
});

describe.each([
  { kind: SQLITE, keepMs: 700 },
  { kind: SQLITE, keepMs: MAX_STALENESS_MS },
  { kind: REDIS, keepMs: MAX_STALENESS_MS },
])('answers kept for $keepMs ms, $kind.name', ({ kind, keepMs }) => {
  let setting: Setting;

  beforeAll(async () => {
    setting = await start(await kind.start(), keepMs);
  });

  afterAll(async () => {
    const { envoy, a, b, store } = setting;
    await envoy.close();
    await b.close();
    await a.close();
    await store.close();
  });

  it(
    'a token that is revoked at A is denied at Envoy within maxStaleness',
    async () => {
      const courses: Course[] = [];
      while (courses.length < REVOCATIONS) {
        courses.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => follow(setting)))));
      }
      report(`keep ${keepMs} ms, ${kind.name}`, courses);
      // Otherwise nothing was tested.
      expect(courses.reduce((sum, { kept }) => sum + kept, 0)).toBeGreaterThan(0);
    },
    60_000 + 2_000 * REVOCATIONS,
  );
});

async function start(store: StoreUnderTest, keepMs: number): Promise<Setting> {
  const instance = (path?: string): Promise<Sallyport> => {
    const edit = (config: Record<string, unknown>): void => {
      issuers.configure(config);
      store.edit(config);
      if (path !== undefined && typeof config['store'] === 'string') config['store'] = `sqlite:${path}`;
      // Longer than the default, because a busy machine is not an outage.
      config['timeouts'] = { decision: '2s', store: '1s' };
      config['revocation'] = { maxStaleness: `${MAX_STALENESS_MS}ms`, keep: `${keepMs}ms` };
    };
    return startSallyport({ env: { ...issuers.env, ...store.env }, edit });
  };
  const a = await instance();
  const b = await instance(`${a.folder}/sallyport.db`);
  const listeners = GATEWAYS.slice(0, 1).map((gateway) => ({ ...gateway, edit: keeping() }));
  const upstreams = { sallyport: b.ports.extAuthz, tokens: a.ports.tokens, ...services.ports };
  const envoy = await startEnvoy(upstreams, { listeners, concurrency: 2 });
  const setting = { store, a, b, envoy, manager: OWNER };
  setting.manager = `Bearer ${(await issue(setting, ['tokens:manage'])).access}`;
  return setting;
}

async function issue({ a, manager }: Setting, scopes: readonly string[]) {
  const { status, body } = await call(a.ports.tokens, 'POST', TOKENS, manager, { scopes });
  expect(status, body).toBe(201);
  const { id, access_token: access } = JSON.parse(body);
  return { id: String(id), access: String(access) };
}

/** Uses a token on some connections without a pause, revokes it at a random moment, and goes on until all are denied. */
async function follow(setting: Setting): Promise<Course> {
  const { id, access } = await issue(setting, ['messages:send']);
  const agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  let acknowledgedMs = Infinity;
  const passes: { readonly sentMs: number; readonly isKept: boolean }[] = [];
  let deniedMs = Infinity;
  const use = async (agent: Agent): Promise<void> => {
    for (;;) {
      const sentMs = performance.now();
      const { status, headers, body } = await send(setting, access, agent);
      if (status === 202) passes.push({ sentMs, isKept: headers[KEPT_FIELD] === 'true' });
      // A worker knows the token when B has read it from the store.
      else if (status === 401 && sentMs > acknowledgedMs - PAUSE_MS)
        return void (deniedMs = Math.min(deniedMs, performance.now()));
      else if (status !== 401) throw new Error(`${status}: ${body}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const done = Promise.all(agents.map(use));
  await expect
    .poll(() => passes.filter(({ isKept }) => isKept).length, { timeout: 20_000 })
    .toBeGreaterThan(CONNECTIONS);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_STALENESS_MS));
  const { status } = await call(setting.a.ports.tokens, 'DELETE', `${TOKENS}/${id}`, setting.manager);
  expect(status).toBe(204);
  acknowledgedMs = performance.now();
  await done;
  for (const agent of agents) agent.destroy();
  const sinceMs = passes.map(({ sentMs }) => sentMs - acknowledgedMs);
  // The bound holds for decisions, each of which begins after its request was sent.
  expect(Math.max(...sinceMs)).toBeLessThanOrEqual(MAX_STALENESS_MS);
  const kept = passes.filter(({ isKept }) => isKept).length;
  return { lastPassMs: Math.max(...sinceMs), deniedMs: deniedMs - acknowledgedMs, kept };
}

function send({ envoy }: Setting, access: string, agent: Agent) {
  const headers = [['Authorization', `Bearer ${access}`]] as const;
  return sendRequest({ port: envoy.gateways[0]?.port ?? 0, method: 'POST', path: MESSAGES, headers, agent });
}

function report(what: string, courses: readonly Course[]): void {
  const at = (of: (course: Course) => number, share: number): string => {
    const times = courses.map(of).toSorted((left, right) => left - right);
    return (times[Math.ceil(times.length * share) - 1] ?? Number.NaN).toFixed(0);
  };
  const [denied, last] = [({ deniedMs }: Course) => deniedMs, ({ lastPassMs }: Course) => lastPassMs];
  process.stdout.write(
    `${what}: ${courses.length} revocations, first denial p50 ${at(denied, 0.5)} ms, p99 ${at(denied, 0.99)} ms, max ${at(denied, 1)} ms, last pass p50 ${at(last, 0.5)} ms, max ${at(last, 1)} ms\n`,
  );
}
