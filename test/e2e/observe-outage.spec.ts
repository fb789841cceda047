import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Exposition, parseExposition } from '../support/exposition.ts';
import { type CaseIssuers, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type CheckClient, connectChecks } from '../support/servers/check-client.ts';
import { type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport } from '../support/servers/sallyport.ts';
import { REDIS, type StoreUnderTest } from '../support/servers/stores.ts';

const CHECKS = 50;

let issuers: CaseIssuers;
let store: StoreUnderTest;
let sallyport: Sallyport;
let checks: CheckClient;

beforeAll(async () => {
  issuers = await startCaseIssuers();
  store = await REDIS.start();
  const edit = (config: Record<string, unknown>): void => {
    issuers.configure(config);
    store.edit(config);
  };
  sallyport = await startSallyport({ env: { ...issuers.env, ...store.env }, edit });
  checks = connectChecks(sallyport.ports.extAuthz);
});

afterAll(async () => {
  checks.close();
  await sallyport.close();
  issuers.close();
});

it('an outage of the store shows in /readyz, metrics and a few log lines, and the instance stays ready', async () => {
  expect(await check()).toBe('passes');
  await store.close();
  for (let count = 0; count < CHECKS; count++) expect(await check()).toBe('denied');

  const ready = await admin('/readyz');
  expect(ready.status).toBe(200);
  expect(JSON.parse(ready.body)).toMatchObject({ status: 'ready', components: { store: { status: 'failing' } } });
  expect(await checks.health()).toBe('SERVING');
  const seen = await scrape();
  expect(seen.value('sallyport_store_errors_total')).toBeGreaterThanOrEqual(CHECKS);
  expect(seen.value('sallyport_internal_errors_total')).toBe(0);
  const denied = { outcome: 'deny', reason: 'unavailable', route: '/3rdparty/v1/messages' };
  const labels = { ...denied, issuer: '', door: 'ext-authz', scheme: 'bearer' };
  expect(seen.value('sallyport_decisions_total', labels)).toBe(CHECKS);
  const errors = sallyport.output().match(/"level":"error".*"part":"store"/g) ?? [];
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThan(10);
});

async function check(): Promise<string> {
  const headers = [['authorization', `Bearer ${corporateToken(issuers, 'RS256')}`]] as const;
  return (await checks.check({ method: 'POST', path: '/3rdparty/v1/messages', host: 'h', headers }, 'raw')).outcome;
}

async function scrape(): Promise<Exposition> {
  return parseExposition((await admin('/metrics')).body);
}

function admin(path: string): Promise<HttpResponse> {
  return sendRequest({ port: sallyport.ports.admin, method: 'GET', path, headers: [] });
}
