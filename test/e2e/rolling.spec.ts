import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransportConfig } from '../../src/config/transport-config.ts';
import { type CaseIssuers, corporateToken, startCaseIssuers } from '../support/servers/case-issuers.ts';
import { type RunningEnvoy, startEnvoy } from '../support/servers/envoy.ts';
import { call } from '../support/servers/http-client.ts';
import { type Sallyport, startSallyport, TRANSPORT } from '../support/servers/sallyport.ts';
import { type Services, startServices } from '../support/servers/services.ts';
import { REDIS, type StoreUnderTest } from '../support/servers/stores.ts';

/** Longer than Envoy's health check interval. */
const DELAY = '2s';

const STREAMS = 8;

describe.each([...new Set<TransportConfig['kind']>(['fast', TRANSPORT])])('with transport %s', (transport) => {
  let issuers: CaseIssuers;
  let store: StoreUnderTest;
  let env: NodeJS.ProcessEnv;
  let services: Services;
  let instances: Sallyport[];
  let envoy: RunningEnvoy;

  beforeAll(async () => {
    issuers = await startCaseIssuers();
    services = await startServices();
    store = await REDIS.start();
    env = { ...issuers.env, ...store.env };
    const options = { env, edit, transport };
    const [first, second] = [await startSallyport(options), await startSallyport({ ...options, edit: editSecond })];
    instances = [first, second];
    const { tokens } = first.ports;
    envoy = await startEnvoy({ sallyport: instances.map(({ ports }) => ports.extAuthz), tokens, ...services.ports });
  });

  afterAll(async () => {
    await envoy.close();
    for (const instance of instances) await instance.close();
    await store.close();
    services.close();
    issuers.close();
  });

  /** Two instances on one store. */
  function edit(config: Record<string, unknown>): void {
    issuers.configure(config);
    store.edit(config);
    config['shutdown'] = { delay: DELAY };
  }

  /** The second one has workers. */
  function editSecond(config: Record<string, unknown>): void {
    edit(config);
    config['workers'] = 2;
  }

  it('no request fails while two instances on one Redis are restarted one after the other under load', async () => {
    const token = corporateToken(issuers, 'RS256');
    const statuses: number[] = [];
    let isRunning = true;
    const port = envoy.gateways[0]?.port ?? 0;
    const stream = async (): Promise<void> => {
      while (isRunning) {
        statuses.push((await call(port, 'POST', '/3rdparty/v1/messages', `Bearer ${token}`)).status);
      }
    };
    const streams = Promise.all(Array.from({ length: STREAMS }, stream));
    for (const [index, instance] of instances.entries()) {
      expect(await instance.stop()).toBe(0);
      const again = await startSallyport({ env, edit: index === 0 ? edit : editSecond, transport, after: instance });
      instances[index] = again;
      // The other instance must run until Envoy has found this one healthy and uses it.
      await expect.poll(() => again.output(), { timeout: 20_000 }).toContain('"log":"decision"');
    }
    isRunning = false;
    await streams;
    expect(statuses.length).toBeGreaterThan(100);
    expect(statuses.filter((status) => status !== 202)).toEqual([]);
  });
});
