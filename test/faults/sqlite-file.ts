import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import type { Truth, Way } from './truth.ts';

/** How long a write waits for the lock. */
const LOCKED_MS = 5_000;

/** One SQLite file, which both instances open. */
export class SqliteFile implements Truth {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-faults-'));
  private database: DatabaseSync | undefined;

  private get file(): string {
    return join(this.folder, 'sallyport.db');
  }

  connect(): Promise<Way> {
    return Promise.resolve({ store: `sqlite:${this.file}`, close: () => Promise.resolve() });
  }

  async revoke(key: string): Promise<string> {
    const sql = 'INSERT OR REPLACE INTO revocation (key, value, expires_at) VALUES (?, ?, NULL)';
    const untilMs = performance.now() + LOCKED_MS;
    for (;;) {
      try {
        this.opened().prepare(sql).run(key, '');
        return 'OK';
      } catch (error) {
        // A process that is stopped may hold the lock. Waiting within SQLite would stop this one, too.
        if (performance.now() > untilMs) throw error;
        await wait(20);
      }
    }
  }

  holds(key: string): Promise<boolean> {
    return Promise.resolve(this.opened().prepare('SELECT 1 FROM revocation WHERE key = ?').get(key) !== undefined);
  }

  async close(): Promise<void> {
    this.database?.close();
    await rm(this.folder, { recursive: true });
  }

  /** The instances make the file. */
  private opened(): DatabaseSync {
    return (this.database ??= new DatabaseSync(this.file, { timeout: 0 }));
  }
}
