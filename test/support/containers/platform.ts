import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { IMAGES } from './engine.ts';
import { SandboxedContainer } from './sandboxed.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const IMAGE = 'sallyport-under-test';
const REDIS_PASSWORD = 'of-the-redis-in-the-tests';
export const ACCOUNT = 'ada:a-password-for-the-tests';
export const PORTS = { extAuthz: 9191, tokens: 9192, admin: 9195 };

/** Without `clockSkew`, so that nothing but the store's state decides. */
const CONFIG = `version: 1
listen:
  extAuthz: { address: "0.0.0.0:${PORTS.extAuthz}", insecure: true }
  tokens: 0.0.0.0:${PORTS.tokens}
  admin: 0.0.0.0:${PORTS.admin}
store: { url: "redis://redis:6379", password: { env: REDIS_PASSWORD } }
scopes: { "messages:send": {} }
issuers:
  - { name: sallyport, issuer: "https://sallyport.test", signing: { algorithm: EdDSA, sealWith: { env: SEAL } } }
routes: [{ method: POST, path: /messages, scope: "messages:send" }]
shutdown: { delay: 0s, drain: 20s }
`;

/** Two instances of the image on one Redis. */
export interface ContainerPlatform {
  readonly instances: readonly [StartedTestContainer, StartedTestContainer];
  readonly redis: StartedTestContainer;
  stop(): Promise<void>;
}

/** Builds the image from the Dockerfile, as anyone does, and keeps it for the next run. */
export async function buildImage(): Promise<void> {
  await GenericContainer.fromDockerfile(ROOT)
    .withBuildArgs({ BUILD_IMAGE: IMAGES.build })
    .build(IMAGE, { deleteOnExit: false });
}

/** The size of the image in bytes. */
export async function imageSize(): Promise<number> {
  const { container } = await getContainerRuntimeClient();
  return (await container.dockerode.getImage(IMAGE).inspect()).Size;
}

/** Starts it all; resolves once the health checks of both instances pass. */
export async function startContainerPlatform(): Promise<ContainerPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-image-'));
  // Read by the user of the image.
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'sallyport.yaml'), CONFIG, { mode: 0o644 });
  const network = await new Network().start();
  const redis = await startRedis(network);
  const instances = await Promise.all([startInstance(network, folder), startInstance(network, folder)]);
  return {
    instances,
    redis,
    stop: async () => {
      await Promise.all([...instances, redis].map((container) => container.stop({ timeout: 0 })));
      await network.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function startRedis(network: StartedNetwork): Promise<StartedTestContainer> {
  return await new GenericContainer(IMAGES.redis)
    .withNetwork(network)
    .withNetworkAliases('redis')
    .withEntrypoint(['redis-server'])
    .withCommand(['--dir', '/tmp', '--appendonly', 'yes', '--appendfsync', 'always', '--requirepass', REDIS_PASSWORD])
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start();
}

async function startInstance(network: StartedNetwork, folder: string): Promise<StartedTestContainer> {
  return await new SandboxedContainer(IMAGE)
    .withUser('65532:65532')
    .withNetwork(network)
    .withExposedPorts(...Object.values(PORTS))
    .withBindMounts([{ source: folder, target: '/etc/sallyport', mode: 'ro' }])
    .withEnvironment({
      REDIS_PASSWORD,
      SEAL: 'seals-the-signing-keys-in-the-tests',
      SALLYPORT_ACCOUNT: ACCOUNT,
      // Says on standard error what the compile cache does.
      NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
    })
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
}

/** Stops every process of a container where it is, as a hung machine does. Resolves to the function that lets them go on. */
export async function pause(container: StartedTestContainer): Promise<() => Promise<void>> {
  const found = await engineContainer(container);
  await found.pause();
  return async () => void (await found.unpause());
}

/** Sends SIGTERM; returns the promise of the exit code. */
export async function terminate(container: StartedTestContainer): Promise<{ readonly exitCode: Promise<number> }> {
  const found = await engineContainer(container);
  const ended: Promise<{ readonly StatusCode: number }> = found.wait();
  await found.kill({ signal: 'SIGTERM' });
  return { exitCode: ended.then(({ StatusCode }) => StatusCode) };
}

/** The result of the image's health check. */
export async function healthOf(container: StartedTestContainer): Promise<string | undefined> {
  const { State } = await (await engineContainer(container)).inspect();
  return State.Health?.Status;
}

async function engineContainer(started: StartedTestContainer) {
  const { container } = await getContainerRuntimeClient();
  return container.getById(started.getId());
}
