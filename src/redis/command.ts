import type { Redis } from 'ioredis';
import { fault } from './failure.ts';

/** What one command of a pipeline came to. */
export type Answer = readonly [error: Error | null, value: unknown];
export type Answers = readonly Answer[];

/**
 * Sends reads in one write and resolves with their answers, in the same order. A primary that has become a replica
 * keeps its connections, and answers with what it last heard: so each time it is asked first. Of failures, only that a
 * key holds no string is left to the caller.
 */
export async function askPrimary(client: Redis, commands: readonly (readonly string[])[]): Promise<Answers> {
  const all = [['role'], ...commands.map((command) => [...command])];
  const [role, ...answers] = (await client.pipeline(all).exec()) ?? [];
  if (role?.[0]) throw role[0];
  if (!(Array.isArray(role?.[1]) && role[1][0] === 'master')) throw fault('READONLY');
  const failure = answers.find(([error]) => error !== null && !isOtherType(error))?.[0];
  if (failure) throw failure;
  // An answer that is missing would read as "not revoked".
  if (answers.length !== commands.length) throw new Error(`answered ${answers.length} of ${commands.length}`);
  return answers;
}

/** A string as GET answers it, `undefined` where there is none, empty where the key holds something else. */
export function valueOf([error, value]: Answer): string | undefined {
  if (error !== null) return '';
  return typeof value === 'string' ? value : undefined;
}

/** Somebody put a set or a hash there: it exists, and existence alone counts. */
function isOtherType(error: Error): boolean {
  return error.message.startsWith('WRONGTYPE');
}
