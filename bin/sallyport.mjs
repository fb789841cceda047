#!/usr/bin/env node
/**
 * The program `sallyport` for `npx`, `npm link` and a link on the PATH, from any folder. Plain JavaScript without
 * dependencies, because an older Node (20 or later) may start it: the command line itself runs on the pinned Node, or on
 * the one that started it where no Node is pinned for this machine.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshBundle } from './fresh-bundle.mjs';
import { nodeOptions } from './node-options.mjs';

// The real path, also where the program was started through a link.
const ROOT = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const PREPARE = join(ROOT, 'tools/prepare.mjs');
const OLDEST_MAJOR = 24;
/** Whether npm has installed Sallyport as a package. Node strips no types from files in `node_modules`. */
const isPackage = ROOT.includes(`${sep}node_modules${sep}`);

/** Installs what a checkout lacks, as npm's scripts do. */
function prepare() {
  if (isPackage || !existsSync(PREPARE) || existsSync(join(ROOT, 'node_modules/.package-lock.json'))) return;
  const { status } = spawnSync(process.execPath, [PREPARE], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}

/** The pinned Node: `undefined` if none is installed, as on a platform without one. */
function pinnedNode() {
  try {
    const name = `node-${process.platform}-${process.arch}/bin/node`;
    return realpathSync(createRequire(join(ROOT, 'package.json')).resolve(name));
  } catch {
    return undefined;
  }
}

function chooseNode() {
  const pinned = pinnedNode();
  if (pinned !== undefined) return pinned;
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_MAJOR) return realpathSync(process.execPath);
  process.stderr.write(
    `sallyport: no Node is installed with it for ${process.platform}-${process.arch}, and this one is ` +
      `${process.version}: start it with Node ${OLDEST_MAJOR} or later\n`,
  );
  process.exit(1);
}

/** `npm run sallyport` changes to the folder of the project; relative paths are meant for the caller's. */
function returnToCaller({ npm_lifecycle_event: script, npm_package_json: manifest, INIT_CWD: caller }) {
  if (script === 'sallyport' && manifest === join(ROOT, 'package.json') && caller) process.chdir(caller);
}

/** Replaces this process where Node can; otherwise runs a child and hands every signal on. */
function runOn(node, args) {
  if (typeof process.execve === 'function') {
    // It is experimental and would say so.
    process.emitWarning = () => {};
    process.execve(node, [node, ...args], process.env);
  }
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    // A terminal sends SIGINT and SIGQUIT to the child itself.
    const isShared = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
    process.on(signal, () => isShared || child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`sallyport: cannot start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

prepare();
const MAIN = (isPackage ? undefined : freshBundle()) ?? join(ROOT, 'src/main.ts');
returnToCaller(process.env);
const node = chooseNode();
const cache = join(ROOT, 'node_modules/.cache/node-compile');
// Only memory of a process that lives long is worth another start of Node.
const options = process.argv[2] === 'serve' ? nodeOptions() : [];
if (isPackage) {
  const hooks = new URL('./strip-types.mjs', import.meta.url).href;
  runOn(node, [...options, '--import', hooks, MAIN, ...process.argv.slice(2)]);
} else if (realpathSync(process.execPath) === node && options.length === 0) {
  // Also for the processes that it starts.
  process.env.NODE_COMPILE_CACHE ??= cache;
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(MAIN);
} else {
  process.env.NODE_COMPILE_CACHE ??= cache;
  runOn(node, [...options, MAIN, ...process.argv.slice(2)]);
}
