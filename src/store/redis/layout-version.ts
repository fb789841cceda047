import type { ServerLabel } from '../../redis/failure.ts';
import { UnfitError } from '../../redis/failure.ts';
import type { RedisReader } from '../../redis/redis-client.ts';
import type { EpochStore } from '../../revocation-set/revocation-store.ts';
import { SCHEMA_KEY } from './layout.ts';
import { toOptionalText } from './replies.ts';

/**
 * The version of the layout in `layout.ts`. It rises if an older Sallyport would misread or lose what a newer one writes.
 * 2: accounts have a version, which an older Sallyport drops whenever it changes an account.
 * 3: access tokens may end with their family of refresh tokens, which an older Sallyport does not check.
 */
const VERSION = 3;

/** Versions that this Sallyport can read, too. */
const OLDER: readonly (string | undefined)[] = ['1', '2'];

export interface LayoutTerms {
  /** Whether to note the version: to begin a new store, or to take over one with an older layout. */
  readonly begins: boolean;
}

/**
 * Checks the version of the layout, and notes ours if there is none. Throws `StoreError`, and changes nothing, for a newer
 * version, and for an empty Redis if no store may begin. A store that was lost has an epoch again once an instance noticed
 * the loss, so a command can inspect it.
 */
export async function checkLayoutVersion(
  servers: RedisReader,
  { name }: ServerLabel,
  epochs: Pick<EpochStore, 'read'>,
  { begins }: LayoutTerms,
): Promise<void> {
  const found = begins ? await note(servers) : await readVersion(servers);
  if (found === String(VERSION) || (OLDER.includes(found) && !begins)) return;
  if (found === undefined) {
    if ([...(await epochs.read()).values()].some((epoch) => epoch !== undefined)) return;
    throw new UnfitError(
      `there is no store at ${name}; start Sallyport with this configuration, or name that of the Sallyport that runs with ` +
        '--config',
    );
  }
  throw new UnfitError(
    `Redis store "${name}": has schema version ${found}, but this Sallyport knows versions up to ${VERSION}; ` +
      'run the Sallyport that wrote it, or a newer one',
  );
}

/** Notes our version, and returns the one that is noted then: another process may have been faster. */
async function note(servers: RedisReader): Promise<string | undefined> {
  await servers.ask(['set', SCHEMA_KEY, VERSION, 'NX']);
  const found = await readVersion(servers);
  if (!OLDER.includes(found)) return found;
  await servers.ask({ script: 'epochs/swap', keys: [SCHEMA_KEY], args: [`=${found}`, String(VERSION)] });
  return await readVersion(servers);
}

async function readVersion(servers: RedisReader): Promise<string | undefined> {
  return toOptionalText(await servers.ask(['get', SCHEMA_KEY]));
}
