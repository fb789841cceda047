import { setTimeout as wait } from 'node:timers/promises';
import type { App } from '../app/running-app.ts';
import { StartError, startApp } from '../app/start.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { FileWatcher } from '../config/reload/file-watcher.ts';
import { errorMessage } from '../lib/errors.ts';
import { requireLoaded } from './command.ts';
import { defineCommand } from './command-definition.ts';

/** A start that has its store ends within this time. */
const ABANDON_MS = 2_000;

/** Runs until SIGTERM or SIGINT; a second one ends the process at once. */
export const serve = defineCommand('serve', {
  summary: 'run Sallyport',
  takes: [],
  details: `Opens the listeners of the configuration and serves them until SIGTERM or Ctrl-C. The log goes to standard
output, one JSON object per line.

Sallyport reloads when the configuration, or a file that it names, changes, and on SIGHUP. If the new
configuration is not valid, the current one stays in force.

On SIGTERM it reports "not ready" for shutdown.delay and then lets running requests finish within
shutdown.drain. A second signal ends the process at once.

If the store holds no account, SALLYPORT_ACCOUNT=name:password in the environment creates one.`,
  json: 'the log is JSON in any case',
  options: {},
  async run({ config: file }, { env, out }) {
    const started = load(file, env, out);
    const { config } = started;
    const watcher = new FileWatcher(started, () => reload());
    // From the start on, because by default SIGHUP ends a process. The watcher reports changes during the start.
    let reload = (): void => {};
    process.on('SIGHUP', () => reload());
    // So that a signal during the start, or right after it, ends it gracefully too.
    const asked = stopSignal();
    const starting = start(config, file, env);
    if ((await Promise.race([starting.then(() => 'started'), asked])) === undefined) return await abandon(starting);
    const app = await starting;
    if (app === undefined) return 1;
    reload = () => {
      const loaded = loadConfig(file, env);
      watcher.watch(loaded);
      void app.reload(loaded);
    };
    watcher.start();
    await asked;
    watcher.close();
    await stop(app);
    return 0;
  },
});

/** What collects the log reads JSON only, so it gets a line too. */
function load(file: string, env: NodeJS.ProcessEnv, out: (text: string) => void): ReturnType<typeof requireLoaded> {
  try {
    return requireLoaded(file, env);
  } catch (error) {
    const line = {
      level: 'fatal',
      time: new Date().toISOString(),
      log: 'app',
      cause: errorMessage(error),
      msg: 'not started',
    };
    out(`${JSON.stringify(line)}\n`);
    throw error;
  }
}

/** `undefined` if it failed and the log has said why. */
async function start(config: Config, file: string, env: NodeJS.ProcessEnv): Promise<App | undefined> {
  const readStore = (): Config['store'] | undefined => {
    const loaded = loadConfig(file, env);
    return loaded.ok ? loaded.config.store : undefined;
  };
  try {
    return await startApp(config, { env, readStore });
  } catch (error) {
    if (!(error instanceof StartError) || config.log.level === 'silent') throw error;
    return undefined;
  }
}

/** Resolves at the first signal. The second one ends the process. */
function stopSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    let signals = 0;
    const heard = (): void => {
      signals += 1;
      if (signals > 1) process.exit(1);
      resolve(undefined);
    };
    process.on('SIGTERM', heard);
    process.on('SIGINT', heard);
  });
}

/**
 * Ends a start that was asked to stop. No client relies on an instance that was never ready, so it closes at once, and a start
 * that waits for its store is left alone.
 */
async function abandon(starting: Promise<App | undefined>): Promise<number> {
  const app = await Promise.race([starting.catch(() => undefined), wait(ABANDON_MS, undefined, { ref: false })]);
  await app?.close();
  return 0;
}

async function stop(app: App): Promise<void> {
  const delayMs = app.stopReady();
  await wait(delayMs);
  await app.close();
}
