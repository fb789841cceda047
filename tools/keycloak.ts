import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';
import { python3 } from './python.ts';

const execFileAsync = promisify(execFile);

const VERSION = '26.7.3';
const SHA256 = '27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f';
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const HINT = 'install Maven and Java 17 or later, or name the folder of a Keycloak in KEYCLOAK';

/** Resolves to the folder of Keycloak: the one in `KEYCLOAK`, or that of Maven Central, which is downloaded once (177 MB). */
export async function keycloak(): Promise<string> {
  const named = process.env['KEYCLOAK'];
  if (named !== undefined) return named;
  const folder = await cachedFolder(`keycloak-${VERSION}`, async (draft) => {
    process.stderr.write('Downloading Keycloak once (177 MB) ...\n');
    const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
    await maven(COPY, `-Dartifact=${artifact}`, `-DoutputDirectory=${draft}`);
    const zip = join(draft, `keycloak-quarkus-dist-${VERSION}.zip`);
    const found = await sha256Of(zip);
    if (found !== SHA256) throw new Error(`Keycloak has another SHA-256 than expected: ${found}`);
    await python3('-m', 'zipfile', '-e', zip, draft);
    await rm(zip);
    await rename(join(draft, `keycloak-${VERSION}`), join(draft, 'keycloak'));
  });
  return join(folder, 'keycloak');
}

async function maven(...args: readonly string[]): Promise<void> {
  try {
    await execFileAsync('mvn', ['--quiet', '--batch-mode', ...args]);
  } catch (cause) {
    throw new Error(`Keycloak cannot be downloaded: ${HINT}`, { cause });
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
