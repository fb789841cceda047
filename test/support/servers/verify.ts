import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startApp } from '../../../src/app/start.ts';
import type { ForwardAuthMode } from '../../../src/config/config.ts';
import { type Loaded, loadConfig } from '../../../src/config/load.ts';
import { formatProblems } from '../../../src/config/reading/problems.ts';

const EXAMPLE = new URL('../../../sallyport.yaml', import.meta.url);

/** The listener of a configuration: `address`, and `mode` or `tls` if there are any. */
interface WrittenListener {
  readonly address: string;
  readonly mode?: ForwardAuthMode | undefined;
  readonly tls?: object;
}

export interface VerifyOptions {
  readonly listener: WrittenListener;
  readonly env?: NodeJS.ProcessEnv;
  /** Edits the example configuration in place. */
  readonly edit?: (config: Record<string, unknown>) => void;
}

/** Sallyport's listeners `verify` and `admin`, in this process. */
export interface Verify {
  /** The port of `verify`; 0 if it is a Unix socket. */
  readonly port: number;
  /** `http://127.0.0.1:port` of `admin`. */
  readonly admin: string;
  /** Holds the configuration and the store. */
  readonly folder: string;
  /** Every line that it has logged. */
  readonly lines: readonly string[];
  /** Takes up another listener, with the same address. */
  reload(listener: Omit<WrittenListener, 'address'>): Promise<void>;
  close(): Promise<void>;
}

/** Starts both with the top-level sallyport.yaml. */
export async function startVerify({ listener, env = {}, edit }: VerifyOptions): Promise<Verify> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-verify-'));
  const load = async (verify: object): Promise<Loaded & { readonly ok: true }> => {
    const file = join(folder, 'sallyport.yaml');
    // Sallyport validates its contents.
    const config = parse(await readFile(EXAMPLE, 'utf8')) as Record<string, unknown>;
    config['listen'] = { verify, admin: '127.0.0.1:0' };
    // Generous, because tests run in parallel.
    config['timeouts'] = { decision: '9s', store: '2s' };
    edit?.(config);
    await writeFile(file, JSON.stringify(config));
    const loaded = loadConfig(file, env);
    if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
    return loaded;
  };
  const lines: string[] = [];
  const { config } = await load(listener);
  const app = await startApp(config, { env, logDestination: { write: (line: string) => void lines.push(line) } });
  return {
    port: Number(/:(\d+)$/.exec(app.addresses.verify ?? '')?.[1] ?? 0),
    admin: `http://${app.addresses.admin}`,
    folder,
    lines,
    reload: async (next) => app.reload(await load({ ...next, address: listener.address })),
    close: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
