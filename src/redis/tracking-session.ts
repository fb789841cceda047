import { Redis } from 'ioredis';
import { fault, isForbidden } from './failure.ts';
import { BEAT_KEPT_MS, BEAT_PREFIX, beatEveryMs, beatLostMs, HeartbeatKeys } from './heartbeat.ts';
import type { ClientOptions } from './options.ts';
import type { SessionListener, Tracking } from './tracking.ts';

/** On this channel, Redis reports to one connection what the other one tracks. */
const CHANNEL = '__redis__:invalidate';
const SETUP_MS = 5_000;

interface Beat {
  readonly key: string;
  readonly sentAtMs: number;
  readonly sentAtWallMs: number;
}

/**
 * One session of client tracking. It has two connections: one tracks the prefixes, the other receives the keys that were
 * written. Either may break without the other noticing, while each still answers a PING. So the first one writes keys of
 * its own, the heartbeat, and each must arrive on the second one.
 */
export class TrackingSession implements Tracking {
  private readonly tracker: Redis;
  private readonly receiver: Redis;
  private readonly prefixes: readonly string[];
  private readonly listener: SessionListener;
  private readonly keys: HeartbeatKeys;
  private readonly broken = Promise.withResolvers<unknown>();
  /** The beat whose echo is due. */
  private beat: Beat | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  /**
   * Throws where a prefix sorts behind that of the heartbeat: a beat would be reported before the changes it stands for.
   *
   * @param prefixes which keys to track.
   * @param tag the hash tag of a slot that the server serves, where it belongs to a cluster.
   */
  constructor(options: ClientOptions, prefixes: readonly string[], listener: SessionListener, tag?: string) {
    const late = prefixes.find((prefix) => prefix >= BEAT_PREFIX);
    if (late !== undefined) throw new Error(`the prefix "${late}" must sort before "${BEAT_PREFIX}"`);
    this.prefixes = prefixes;
    this.listener = listener;
    this.keys = new HeartbeatKeys(tag);
    this.tracker = this.connection(options, 'sallyport-feed-tracker');
    this.receiver = this.connection(options, 'sallyport-feed');
    this.receiver.on('messageBuffer', (_channel: unknown, keys: unknown) => this.report(keys));
  }

  /** As `Tracking.run`: a lost beat ends the session, too. */
  async run(): Promise<unknown> {
    this.timer = setTimeout(() => this.broken.resolve(fault('SILENT')), SETUP_MS);
    this.listen().then(
      () => this.sendBeat(),
      (error: unknown) => this.broken.resolve(error),
    );
    const cause = await this.broken.promise;
    this.isOver = true;
    clearTimeout(this.timer);
    this.tracker.disconnect();
    this.receiver.disconnect();
    return cause;
  }

  end(cause: Error = fault('CLOSED')): void {
    this.broken.resolve(cause);
  }

  private connection(options: ClientOptions, connectionName: string): Redis {
    const client = new Redis({ ...options, connectionName, lazyConnect: true, retryStrategy: () => null });
    client.on('error', (error: unknown) => this.broken.resolve(error));
    client.on('close', () => this.broken.resolve(fault('CLOSED')));
    return client;
  }

  /** Once this resolves, every later write is reported. */
  private async listen(): Promise<void> {
    await Promise.all([this.tracker.connect(), this.receiver.connect()]);
    const prefixes = [...this.prefixes, this.keys.prefix].flatMap((prefix) => ['PREFIX', prefix]);
    try {
      const id = await this.receiver.client('ID');
      await this.receiver.subscribe(CHANNEL);
      await this.tracker.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(id), 'BCAST', ...prefixes);
    } catch (cause) {
      throw isForbidden(cause) ? Object.assign(fault('NOTRACKING'), { cause }) : cause;
    }
  }

  private sendBeat(): void {
    if (this.isOver) return;
    const { key, last } = this.keys.next();
    this.beat = { key, sentAtMs: performance.now(), sentAtWallMs: Date.now() };
    this.write(key, last).catch((error: unknown) => this.broken.resolve(error));
    this.schedule(beatLostMs(this.listener.maxStalenessMs), () => this.miss(key));
  }

  /** In one packet, so that Redis reports both keys in one message. */
  private async write(key: string, last: string): Promise<void> {
    const commands = [
      ['set', key, '', 'PX', BEAT_KEPT_MS],
      ['del', last],
    ];
    const answers = (await this.tracker.pipeline(commands).exec()) ?? [];
    for (const [error] of answers) if (error !== null) throw error;
  }

  /** If this process was suspended, the echo may have arrived and wait to be read. */
  private miss(key: string): void {
    setImmediate(() => {
      if (this.beat?.key === key) this.broken.resolve(fault('NOBEAT'));
    });
  }

  private report(keys: unknown): void {
    if (this.isOver) return;
    if (!Array.isArray(keys)) {
      this.listener.flushed();
      return;
    }
    const names = keys.map(String);
    const entries = names.filter((name) => !name.startsWith(BEAT_PREFIX));
    if (entries.length > 0) this.listener.changed(entries);
    if (this.beat !== undefined && names.includes(this.beat.key)) this.echo(this.beat);
  }

  private echo({ sentAtMs, sentAtWallMs }: Beat): void {
    this.beat = undefined;
    this.listener.heardUpTo(sentAtMs, sentAtWallMs);
    const passedMs = performance.now() - sentAtMs;
    const restMs = beatEveryMs(this.listener.maxStalenessMs) - passedMs;
    this.schedule(Math.max(restMs, 0), () => this.sendBeat());
  }

  private schedule(afterMs: number, act: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, afterMs);
  }
}
