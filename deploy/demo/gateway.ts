import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { findEnvoy } from '../../tools/envoy.ts';
import type { Program } from '../../tools/program.ts';
import { GATEWAYS, type GatewayKind } from '../gateways/kinds.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The configuration of `npm run sallyport`, so that every command works on the store of the demo. */
export const CONFIG = `${ROOT}sallyport.yaml`;
const VERIFY_PORT = 9193;

/** The gateway of the demo. */
export interface DemoGateway {
  readonly title: string;
  readonly program: Program;
  readonly args: readonly string[];
  /** The name of its log file, without an ending. */
  readonly log: string;
  /** The configuration of Sallyport. */
  readonly config: string;
  /** The same and the gateway's, for people: from the project's folder. */
  readonly shownConfig: string;
  /** The ports on which Sallyport listens. */
  readonly ports: readonly number[];
}

/**
 * Returns the gateway of that name, Envoy over gRPC by default. Rejects if there is none, or if it is not installed.
 *
 * @param folder for the files that a gateway writes; it has one below.
 */
export async function demoGateway(name: string | undefined, folder: string): Promise<DemoGateway> {
  const ports = [9191, 9192, VERIFY_PORT, 9194, 9195];
  if (name === undefined) {
    const program = await findEnvoy();
    // Envoy buffers its access log for ten seconds, which is too long for a demo.
    const flags = ['--disable-hot-restart', '--log-level', 'error', '--file-flush-interval-msec', '200'];
    return {
      title: 'Envoy',
      program,
      args: ['-c', `${ROOT}envoy.yaml`, ...flags],
      log: 'envoy',
      config: CONFIG,
      shownConfig: 'sallyport.yaml, envoy.yaml',
      ports,
    };
  }
  const kind = GATEWAYS.find((one) => one.name === name);
  const names = GATEWAYS.map((one) => one.name).join(', ');
  if (kind === undefined) throw new Error(`there is no gateway '${name}': expected ${names}, or nothing for Envoy`);
  const program = await kind.find();
  if (program === undefined)
    throw new Error(`${kind.title} is not installed: docs/gateways/${name}.md says what to do`);
  const own = join(folder, name);
  await layOut(kind, own);
  const config = join(own, 'sallyport.yaml');
  await writeFile(config, await configFor(kind));
  const shownConfig = `${relative(ROOT, own)}: sallyport.yaml, and a copy of deploy/gateways/${name}`;
  return { title: kind.title, program, args: kind.args(own), log: name, config, shownConfig, ports };
}

/** Copies the files of a gateway, because gateways write beside their configuration. */
async function layOut({ name, installedIn }: GatewayKind, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, 'deploy/gateways', name), folder, { recursive: true });
  if (installedIn === undefined) return;
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8');
    await writeFile(join(folder, file), text.replaceAll(installedIn, folder));
  }
}

/** Returns the configuration of Sallyport with the mode of the listener `verify`, and with the store where it was. */
async function configFor({ mode }: GatewayKind): Promise<string> {
  // Sallyport validates its contents.
  const config = parse(await readFile(CONFIG, 'utf8')) as { listen: object; store: string };
  config.listen = { ...config.listen, verify: { address: `127.0.0.1:${VERIFY_PORT}`, mode } };
  config.store = config.store.replace('sqlite:./', `sqlite:${ROOT}`);
  return stringify(config);
}
