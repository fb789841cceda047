import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { corporateToken, startWorld, type World } from '../cases/world.ts';
import { type RunningEnvoy, startEnvoy } from './envoy.ts';
import { ask } from './http-client.ts';
import { type Sallyport, startSallyport } from './sallyport.ts';
import { type Services, startServices } from './services.ts';

/** Longer than Envoy's interval between two health checks. */
const DELAY = '2s';

let world: World;
let services: Services;
let instances: Sallyport[];
let envoy: RunningEnvoy;

beforeAll(async () => {
  world = await startWorld();
  services = await startServices();
  const first = await startSallyport({ env: world.env, edit });
  const second = await startSallyport({ env: world.env, edit: (config) => edit(config, first.folder) });
  instances = [first, second];
  const { tokens } = first.ports;
  envoy = await startEnvoy({ sallyport: instances.map(({ ports }) => ports.extAuthz), tokens, ...services.ports });
});

afterAll(async () => {
  await envoy.close();
  for (const instance of instances.toReversed()) await instance.close();
  services.close();
  world.close();
});

/** Both on one store. */
function edit(config: Record<string, unknown>, folder = '.'): void {
  world.configure(config);
  config['shutdown'] = { delay: DELAY };
  config['store'] = `sqlite:${join(folder, 'sallyport.db')}`;
}

it('two instances, stopped and started one after the other under load: no request fails', async () => {
  const token = corporateToken(world, 'RS256');
  const statuses: number[] = [];
  let isRunning = true;
  const port = envoy.gateways[0]?.port ?? 0;
  const stream = async (): Promise<void> => {
    while (isRunning) {
      const headers = [['Authorization', `Bearer ${token}`]] as const;
      statuses.push((await ask({ port, method: 'POST', path: '/3rdparty/v1/messages', headers })).status);
    }
  };
  const streams = Promise.all([stream(), stream(), stream(), stream()]);
  for (const [index, instance] of instances.entries()) {
    expect(await instance.stop()).toBe(0);
    const again = { env: world.env, edit: (config: Record<string, unknown>) => edit(config, instances[0]?.folder) };
    instances[index] = await startSallyport({ ...again, after: instance });
    // Until Envoy has found it healthy, the other one must not stop.
    await wait(2_500);
  }
  isRunning = false;
  await streams;
  expect(statuses.length).toBeGreaterThan(100);
  expect(statuses.filter((status) => status !== 202)).toEqual([]);
});
