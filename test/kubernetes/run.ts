/**
 * Runs Sallyport on the cluster that `kubectl` points at, in a namespace of its own that it removes at the end, and prints
 * each step with its figure. docs/kubernetes.md says what it needs.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Steps } from '../support/report/steps.ts';
import { dryRun, renderAll } from './dry-run.ts';
import { basic, GatewayClient, loadText } from './gateway-client.ts';
import { Kubectl } from './kubectl.ts';
import { type Account, prepareNamespace, renderPlatform } from './platform.ts';
import { type PodStates, podStates } from './pods.ts';

const DEPLOYMENT = 'deployment/sallyport';
const REPLICAS = 3;
const MAX_STALENESS_MS = 1_000;
const OUTAGE_MS = 10_000;
/** The kubelet brings a changed ConfigMap within its sync period and the life of its cache, a minute each. */
const CONFIG_MAP_MS = 150_000;
const SEND = { method: 'POST', path: '/3rdparty/v1/messages', body: { text: 'hello' } };

const kubectl = new Kubectl(`sallyport-test-${randomBytes(3).toString('hex')}`);
const client = new GatewayClient(kubectl);
const steps = new Steps();

/** A request with a token. */
function bearer(token: string, asked: object = SEND) {
  return { path: '', ...asked, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } };
}

function assert(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}

async function describeCluster(): Promise<string> {
  const { serverVersion } = await kubectl.json<{ serverVersion: { gitVersion: string } }>('version');
  const { items } = await kubectl.json<{ items: readonly unknown[] }>('get', 'nodes');
  return `Kubernetes ${serverVersion.gitVersion}, ${items.length} ${items.length === 1 ? 'node' : 'nodes'}`;
}

async function dryRuns(): Promise<void> {
  let renderings: ReadonlyMap<string, string> = new Map();
  await steps.run('render every kustomization, and the chart', async () => {
    renderings = await renderAll(kubectl);
    return `${renderings.size} renderings`;
  });
  for (const [name, rendered] of renderings) {
    await steps.run(`server-side dry run: ${name}`, async () => {
      const { accepted, unknownKinds } = await dryRun(kubectl, name, rendered);
      const missing = unknownKinds.length === 0 ? '' : `; no CRD here for ${unknownKinds.join(', ')}`;
      return `${accepted} objects accepted${missing}`;
    });
  }
}

async function hasDefaultStorage(): Promise<boolean> {
  type Class = { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
  const { items } = await kubectl.json<{ items: readonly Class[] }>('get', 'storageclasses');
  const mark = 'storageclass.kubernetes.io/is-default-class';
  return items.some(({ metadata }) => metadata.annotations?.[mark] === 'true');
}

async function applyPlatform(): Promise<string> {
  const hasStorage = await hasDefaultStorage();
  const rendered = await renderPlatform(kubectl, hasStorage);
  const began = performance.now();
  await kubectl.run(['apply', '--filename', '-'], rendered);
  for (const target of ['statefulset/sallyport-redis', DEPLOYMENT]) await kubectl.rolledOut(target);
  const ready = ((performance.now() - began) / 1_000).toFixed(1);
  for (const name of ['gateway', 'messages', 'devices', 'client']) await kubectl.rolledOut(`deployment/${name}`);
  await untilReplicas(REPLICAS);
  const storage = hasStorage ? 'a PersistentVolume' : 'an emptyDir, because there is no default StorageClass';
  return `${REPLICAS} replicas Ready after ${ready} s; Redis on ${storage}`;
}

/** Resolves once that many Pods exist, and all of them are Ready. */
async function untilReplicas(count: number): Promise<PodStates> {
  for (let attempt = 0; attempt < 180; attempt += 1) {
    const states = await podStates(kubectl);
    if (states.names.length === count && states.ready === count) return states;
    await delay(1_000);
  }
  throw new Error(`there were never ${count} Ready replicas`);
}

async function useAndDeny(account: Account): Promise<string> {
  const { access_token: token } = await client.issue(account, ['messages:send']);
  const used = await client.call(bearer(token));
  assert(used.status === 202, `the token is not accepted: ${used.status} ${used.body}`);
  assert(used.body.includes('"x-auth-subject"'), `the service did not receive the identity: ${used.body}`);
  const beyond = await client.call(bearer(token, { path: '/3rdparty/v1/devices' }));
  assert(beyond.status === 403, `a scope that the token lacks: ${beyond.status} ${beyond.body}`);
  const bare = await client.call(SEND);
  assert(bare.status === 401, `no credential: ${bare.status} ${bare.body}`);
  return `201, 202 with the identity, 403 ${codeOf(beyond)}, 401 ${codeOf(bare)}`;
}

function codeOf({ body }: { readonly body: string }): string {
  const { code }: { readonly code: string } = JSON.parse(body);
  return code;
}

async function revocation(account: Account): Promise<string> {
  const { id, access_token: token } = await client.issue(account, ['messages:send']);
  const asAccount = {
    method: 'DELETE',
    path: `/3rdparty/v1/auth/token/${id}`,
    headers: { authorization: basic(account) },
  };
  const { status, uses, accepted, denied, lastAcceptedMs } = await client.revoke(bearer(token), asAccount);
  assert(status === 204, `the revocation was answered with ${status}`);
  assert(lastAcceptedMs <= MAX_STALENESS_MS, `the token was accepted ${lastAcceptedMs.toFixed(0)} ms after the 204`);
  assert(accepted + denied === uses && denied > 0, `${uses} uses, ${accepted} accepted, ${denied} denied`);
  const last =
    accepted === 0 ? 'none was accepted' : `the last accepted one began ${lastAcceptedMs.toFixed(1)} ms after it`;
  return `of ${uses} uses after the 204, ${last}; promised: ${MAX_STALENESS_MS} ms`;
}

/** Adds a route to the ConfigMap, and waits until every replica knows it. */
async function reload(token: string): Promise<string> {
  const config = await kubectl.json<{ data: Record<string, string> }>('get', 'configmap', 'sallyport-config');
  const before = config.data['sallyport.yaml'] ?? '';
  const after = before.replace(/^routes:.*$/m, (line) => `${line}\n  - { path: /reloaded, authenticated: true }`);
  const pods = await podStates(kubectl);
  await kubectl.run(['replace', '--filename', '-'], JSON.stringify({ ...config, data: { 'sallyport.yaml': after } }));
  const began = performance.now();
  for (let inARow = 0; inARow < 10 * REPLICAS; ) {
    assert(performance.now() - began < CONFIG_MAP_MS, 'the changed ConfigMap was not taken up');
    const { status } = await client.call(bearer(token, { path: '/reloaded' }));
    inARow = status === 404 ? inARow + 1 : 0;
    if (inARow === 0) await delay(1_000);
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  const { names, restarts } = await podStates(kubectl);
  assert(names.join() === pods.names.join() && restarts === pods.restarts, 'a Pod was replaced or restarted');
  return `every replica took it up within ${seconds} s, most of which the kubelet took; no Pod was replaced`;
}

async function withoutFailures(token: string, during: () => Promise<unknown>): Promise<string> {
  const result = await client.underLoad(bearer(token), 202, during);
  assert(result.sent > 0 && result.expected === result.sent, `requests failed: ${loadText(result)}`);
  return loadText(result);
}

async function rollingRestart(): Promise<void> {
  await kubectl.run(['rollout', 'restart', DEPLOYMENT]);
  await kubectl.rolledOut(DEPLOYMENT);
  await untilGone();
}

/** Scales up and down. The autoscaler would undo that; it is set to the same number. */
async function scaling(): Promise<void> {
  for (const count of [REPLICAS + 2, REPLICAS - 1, REPLICAS]) {
    await keepReplicas(count);
    await kubectl.run(['scale', DEPLOYMENT, `--replicas=${count}`]);
    await untilReplicas(count);
    await untilGone();
  }
}

async function keepReplicas(count: number): Promise<void> {
  const patch = JSON.stringify({ spec: { minReplicas: count } });
  await kubectl.run(['patch', 'horizontalpodautoscaler', 'sallyport', '--patch', patch]);
}

/** Resolves once no Pod of Sallyport is stopping any more. */
async function untilGone(): Promise<void> {
  for (let attempt = 0; attempt < 90; attempt += 1) {
    if ((await podStates(kubectl)).stopping === 0) return;
    await delay(1_000);
  }
  throw new Error('a stopping Pod did not end');
}

/** Kills a replica without notice, as the loss of its node would. */
async function killPod(token: string): Promise<string> {
  const result = await client.underLoad(bearer(token), 202, async () => {
    const [victim = ''] = (await podStates(kubectl)).names;
    await delay(2_000);
    await kubectl.run(['delete', 'pod', victim, '--grace-period=0', '--force']);
    await untilReplicas(REPLICAS);
    await delay(2_000);
  });
  assert(result.sent - result.expected <= result.sent / 10, `too many requests failed: ${loadText(result)}`);
  return loadText(result);
}

/** Stops the process of Redis, so that its connections hang, and lets it go on. */
async function stopRedis(token: string): Promise<string> {
  let leastReady = REPLICAS;
  const result = await client.underLoad(bearer(token), 202, async () => {
    await delay(2_000);
    await signalRedis('STOP');
    const until = performance.now() + OUTAGE_MS;
    while (performance.now() < until) {
      leastReady = Math.min(leastReady, (await podStates(kubectl)).ready);
      await delay(250);
    }
    await signalRedis('CONT');
    await delay(5_000);
  });
  assert(leastReady === REPLICAS, `only ${leastReady} replicas stayed Ready`);
  const { status } = await client.call(bearer(token));
  assert(status === 202, `after the outage: ${status}`);
  return `all ${REPLICAS} replicas stayed Ready; ${loadText(result)}`;
}

async function signalRedis(signal: 'STOP' | 'CONT'): Promise<void> {
  await kubectl.run(['exec', 'statefulset/sallyport-redis', '--', 'sh', '-c', `kill -${signal} $(pidof redis-server)`]);
}

async function onCluster(): Promise<void> {
  let account: Account | undefined;
  await steps.run('namespace with PodSecurity restricted, Secrets', async () => {
    account = await prepareNamespace(kubectl);
    return kubectl.namespace;
  });
  if (account === undefined) return;
  const admin = account;
  await dryRuns();
  await steps.run('apply, until every replica is Ready', applyPlatform);
  await steps.run('issue and use a token through Envoy', () => useAndDeny(admin));
  await steps.run('revoke a token in use', () => revocation(admin));
  const { access_token: token } = await client.issue(admin, ['messages:send']);
  await steps.run('a changed ConfigMap', () => reload(token));
  await steps.run('rolling restart under load', () => withoutFailures(token, rollingRestart));
  await steps.run('scale to 5, to 2 and to 3 under load', () => withoutFailures(token, scaling));
  await steps.run('kill a Pod under load', () => killPod(token));
  await steps.run('stop Redis for 10 s under load', () => stopRedis(token));
}

process.stdout.write(`${await describeCluster()}\n`);
try {
  await onCluster();
} catch (error) {
  // A step has printed its own failure.
  if (!steps.hasFailed) throw error;
} finally {
  if (process.env['KEEP_NAMESPACE'] === undefined)
    await kubectl.run(['delete', 'namespace', kubectl.namespace, '--wait=false']);
}
process.exitCode = steps.end() ? 0 : 1;
