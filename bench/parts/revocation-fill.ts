import { DatabaseSync } from 'node:sqlite';
import type { Redis } from 'ioredis';

const BATCH = 10_000;
const HOUR_SECONDS = 3_600;

/** Returns a key like those of our own tokens, whose jti has 36 characters. */
export function benchKey(number: number): string {
  return `sallyport:revoked:sallyport:00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** Writes `count` revocations in large batches directly to Redis, as an operator's script would. */
export async function fillRedis(client: Redis, count: number): Promise<void> {
  for (let first = 0; first < count; first += BATCH) {
    const commands = numbersFrom(first, count).map((number) => ['set', benchKey(number), value(), 'EX', HOUR_SECONDS]);
    await client.pipeline(commands).exec();
  }
}

/** Writes `count` revocations to the file of a SQLite store that no process has open. */
export function fillSqlite(path: string, count: number): void {
  const database = new DatabaseSync(path);
  const insert = database.prepare('INSERT INTO revocation (key, value, expires_at) VALUES (?, ?, ?)');
  const endsAt = Math.ceil(Date.now() / 1_000) + HOUR_SECONDS;
  for (let first = 0; first < count; first += BATCH) {
    database.exec('BEGIN');
    for (const number of numbersFrom(first, count)) insert.run(benchKey(number), value(), endsAt);
    database.exec('COMMIT');
  }
  database.close();
}

function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: Math.min(BATCH, count - first) }, (_, index) => first + index);
}

function value(): string {
  return JSON.stringify({ at: Math.floor(Date.now() / 1_000), by: 'bench', reason: 'the account was closed' });
}
