import { findEnvoy } from '../../tools/envoy.ts';
import { findGateway } from '../../tools/gateways.ts';
import type { Program } from '../../tools/program.ts';

/** A gateway that asks Sallyport over HTTP. Its configuration is in the folder of its name, beside this file. */
export interface GatewayKind {
  /** The name of its folder and of its page in `docs/gateways`. */
  readonly name: string;
  /** As its makers write it, for people. */
  readonly title: string;
  /** The mode of Sallyport's listener `verify`. */
  readonly mode: 'nginx' | 'forwarded' | 'path';
  /** Finds its program; `undefined` if it is not installed. */
  readonly find: () => Promise<Program | undefined>;
  /** The folder where its files say that they lie, if they do: the tests write another one in its place. */
  readonly installedIn?: string;
  /** The arguments that run it in the foreground with the configuration in this folder, without root. */
  readonly args: (folder: string) => readonly string[];
}

/** Envoy buffers its access log for ten seconds, which is too long for a demo. */
const ENVOY_FLAGS = '--disable-hot-restart --concurrency 1 --log-level warning --file-flush-interval-msec 200'.split(
  ' ',
);

const ENVOY_HTTP: GatewayKind = {
  name: 'envoy-http',
  title: 'Envoy over HTTP',
  mode: 'path',
  find: findEnvoy,
  args: (folder) => ['-c', `${folder}/envoy.yaml`, ...ENVOY_FLAGS],
};

export const NGINX: GatewayKind = {
  name: 'nginx',
  title: 'nginx',
  mode: 'nginx',
  find: () => findGateway('nginx'),
  args: (folder) => {
    // As root, nginx would give its workers to a user who may not read the folder.
    const user = process.getuid?.() === 0 ? ' user root;' : '';
    return ['-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr', '-g', `daemon off;${user}`];
  },
};

const CADDY: GatewayKind = {
  name: 'caddy',
  title: 'Caddy',
  mode: 'forwarded',
  find: () => findGateway('caddy'),
  args: (folder) => ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'],
};

const HAPROXY: GatewayKind = {
  name: 'haproxy',
  title: 'HAProxy',
  mode: 'forwarded',
  find: () => findGateway('haproxy'),
  installedIn: '/etc/haproxy',
  // In the foreground, whatever the configuration says.
  args: (folder) => ['-db', '-f', `${folder}/haproxy.cfg`],
};

/** Every gateway that the tests start. */
export const GATEWAYS: readonly GatewayKind[] = [NGINX, ENVOY_HTTP, CADDY, HAPROXY];
