import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { findEnvoy } from '../../../tools/envoy.ts';
import { freePorts } from '../servers/ports.ts';
import { startProcess, untilReady } from '../servers/process.ts';
import { type Sallyport, startSallyport } from '../servers/sallyport.ts';
import { type Login, startLogin } from './login.ts';
import { type McpUpstream, startMcpServer } from './server.ts';

/** The files that docs/mcp.md names, used as they are but for their ports. */
const FOLDER = new URL('../../../deploy/mcp/', import.meta.url);

const ENVOY_FLAGS = ['--disable-hot-restart', '--concurrency', '1', '--log-level', 'error'];

/** An MCP server behind Envoy and Sallyport, with the configurations of `deploy/mcp`. */
export interface McpPlatform {
  readonly login: Login;
  readonly upstream: McpUpstream;
  readonly sallyport: Sallyport;
  /** The port of Envoy. */
  readonly port: number;
  /** The port of another Envoy, without the `mcp` filter. */
  readonly plainPort: number;
  /** The URL of the MCP server at the former. */
  readonly resource: string;
  readonly metadata: string;
  close(): Promise<void>;
}

export async function startMcpPlatform(): Promise<McpPlatform> {
  const [login, upstream, [port = 0, plainPort = 0]] = await Promise.all([
    startLogin(),
    startMcpServer(),
    freePorts(2),
  ]);
  const ports = { 8080: port, 9401: Number(new URL(login.origin).port), 9301: upstream.port };
  // Sallyport validates its contents.
  const config = parse(await readyMade('sallyport.yaml', ports)) as Record<string, unknown>;
  const sallyport = await startSallyport({
    edit: (example) => {
      const { listen, timeouts } = example;
      for (const key of Object.keys(example)) delete example[key];
      Object.assign(example, config, { listen, timeouts });
    },
  });
  const { extAuthz: check, tokens } = sallyport.ports;
  const yaml = await readyMade('envoy.yaml', { ...ports, 9191: check, 9192: tokens });
  const plain = yaml
    .replace(/typed_per_filter_config:(?:\n {28,}.*)+/, '')
    .replace(`port_value: ${port}`, `port_value: ${plainPort}`);
  const envoys = await Promise.all([startEnvoy(yaml, port), startEnvoy(plain, plainPort)]);
  const close = async (): Promise<void> => {
    await Promise.all(envoys.map((envoy) => envoy.stop()));
    await sallyport.close();
    await upstream.stop();
    await login.stop();
  };
  const origin = `http://127.0.0.1:${port}`;
  const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
  return { login, upstream, sallyport, port, plainPort, resource: `${origin}/mcp`, metadata, close };
}

async function startEnvoy(yaml: string, port: number) {
  const { path } = await findEnvoy();
  // Sallyport has seconds to decide, because tests run in parallel.
  const config = yaml.replace('timeout: 0.2s', 'timeout: 10s');
  const envoy = startProcess({ command: path, args: ['--config-yaml', config, ...ENVOY_FLAGS] });
  await untilReady(envoy, [port]);
  return envoy;
}

/** Reads a ready-made file and replaces its ports. */
async function readyMade(name: string, ports: Readonly<Record<number, number>>): Promise<string> {
  const text = await readFile(new URL(name, FOLDER), 'utf8');
  return text.replace(/\b\d{4}\b/g, (port) => String(ports[Number(port)] ?? port));
}
