import type { Redis } from 'ioredis';
import type { EpochStore } from '../store.ts';
import type { Asks } from './asks.ts';
import type { Place } from './failure.ts';
import { UnfitError } from './failure.ts';
import { SCHEMA_KEY } from './layout.ts';

/** What the layout in `layout.ts` is; rises where an older Sallyport would misread what a newer one wrote. */
const VERSION = 1;

export interface SchemaTerms {
  /** Whether to note the version, and so begin a store, where there is none. */
  readonly begins: boolean;
}

/**
 * Looks at the version of the layout, and notes it where there is none yet. Throws `StoreError`, and changes nothing, for
 * a newer one, and for an empty Redis where no store is to begin. A store that was lost, and whose loss was noticed, has
 * an epoch again: it can be looked at.
 */
export async function checkSchema(
  servers: Asks,
  { name }: Place,
  epochs: Pick<EpochStore, 'read'>,
  { begins }: SchemaTerms,
): Promise<void> {
  const found = await servers.ask(async (client) => {
    return (await client.get(SCHEMA_KEY)) ?? (begins ? await note(client) : undefined);
  }, SCHEMA_KEY);
  if (found === String(VERSION)) return;
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

/** The version that stands afterwards: somebody else may have noted theirs first. */
async function note(client: Redis): Promise<string | null> {
  await client.set(SCHEMA_KEY, VERSION, 'NX');
  return await client.get(SCHEMA_KEY);
}
