import { request } from 'node:http';

/** The images that the tests start from: made by tools/image/base.sh, or named by variables. */
export const IMAGES = {
  build: process.env['BUILD_IMAGE'] ?? 'sallyport-base',
  redis: process.env['REDIS_IMAGE'] ?? 'sallyport-base',
};

/** Does not fail CI where no engine can be started: summary-reporter.ts knows this text. */
const NO_ENGINE = 'no container engine runs';
const PATIENCE_MS = 5_000;

/** Why the tests with containers cannot run here; `undefined` if they can. */
export async function whyNoContainers(): Promise<string | undefined> {
  if ((await ask('/_ping')) !== 200) return NO_ENGINE;
  for (const image of Object.values(IMAGES)) {
    const status = await ask(`/images/${encodeURIComponent(image)}/json`);
    if (status !== 200) return `the engine has no image ${image}: pull it, or run tools/image/base.sh`;
  }
  return undefined;
}

/** The status of the engine's answer; `undefined` without an answer. */
async function ask(path: string): Promise<number | undefined> {
  const host = new URL(process.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock');
  const at = host.protocol === 'unix:' ? { socketPath: host.pathname } : { host: host.hostname, port: host.port };
  return await new Promise((resolve) => {
    const asked = request({ ...at, path, timeout: PATIENCE_MS }, (response) => resolve(response.resume().statusCode));
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}
