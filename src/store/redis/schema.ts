import type { Redis } from 'ioredis';
import type { Asks } from './asks.ts';
import type { Place } from './failure.ts';
import { UnfitError } from './failure.ts';
import { SCHEMA_KEY } from './layout.ts';

/** What the layout in `layout.ts` is; rises where an older Sallyport would misread what a newer one wrote. */
const VERSION = 1;

/** Notes the version of the layout where there is none yet. Throws `StoreError`, and changes nothing, for a newer one. */
export async function checkSchema(servers: Asks, { name }: Place): Promise<void> {
  const found = await servers.ask(async (client) => (await client.get(SCHEMA_KEY)) ?? (await note(client)), SCHEMA_KEY);
  if (found === String(VERSION)) return;
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
