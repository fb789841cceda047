import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { BEAT_KEPT_MS, beatEveryMs, HeartbeatKeys } from '../../src/redis/heartbeat.ts';
import { TRACKED_PREFIXES } from '../../src/store/redis/layout.ts';
import { command } from './resp.ts';

const CHANNEL = '__redis__:invalidate';

/** Receives the reports of feeds. Times in milliseconds. */
export interface FeedListener {
  /** The echo of a heartbeat arrived: its round trip, and how long the feed was stale since the last one. */
  beat(roundTripMs: number, staleMs: number): void;
  /** Complete, unparsed lines of reports. Only sampled feeds call it. */
  reported(text: string): void;
  closed(): void;
}

/**
 * The load of one instance's feed on Redis, on two bare sockets: one tracks Sallyport's prefixes and writes heartbeats, the
 * other receives the reports. The processing in the instance is left out.
 */
export class SimulatedFeed {
  private readonly port: number;
  private readonly maxStalenessMs: number;
  private readonly listener: FeedListener;
  private readonly isSample: boolean;
  private readonly keys = new HeartbeatKeys();
  private tracker: Socket | undefined;
  private ear: Socket | undefined;
  private beat: { readonly key: string; readonly sentAtMs: number } | undefined;
  /** When the last echoed heartbeat was sent. */
  private heardUpToMs: number | undefined;
  private rest = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(port: number, maxStalenessMs: number, isSample: boolean, listener: FeedListener) {
    this.port = port;
    this.maxStalenessMs = maxStalenessMs;
    this.isSample = isSample;
    this.listener = listener;
  }

  /** Connects; resolves once the feed receives reports. */
  async open(): Promise<void> {
    const [tracker, ear] = [connect(this.port, '127.0.0.1'), connect(this.port, '127.0.0.1')];
    this.tracker = tracker;
    this.ear = ear;
    const id = (await send(ear, command('CLIENT', 'ID'))).slice(1).trim();
    await send(ear, command('SUBSCRIBE', CHANNEL));
    const prefixes = [...TRACKED_PREFIXES, this.keys.prefix].flatMap((prefix) => ['PREFIX', prefix]);
    await send(tracker, command('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', ...prefixes));
    tracker.on('data', throwIfError);
    ear.setEncoding('latin1').on('data', (text: string) => this.hear(text));
    for (const socket of [tracker, ear]) socket.once('close', () => this.end());
    this.timer = setTimeout(() => this.sendBeat(), Math.random() * beatEveryMs(this.maxStalenessMs));
  }

  close(): void {
    clearTimeout(this.timer);
    for (const socket of [this.tracker, this.ear]) socket?.removeAllListeners('close').destroy();
  }

  private end(): void {
    this.close();
    this.listener.closed();
  }

  private sendBeat(): void {
    const { key, last } = this.keys.next();
    this.beat = { key, sentAtMs: performance.now() };
    this.tracker?.write(command('SET', key, '', 'PX', String(BEAT_KEPT_MS)) + command('DEL', last));
  }

  private hear(text: string): void {
    const all = this.rest + text;
    const end = all.lastIndexOf('\n') + 1;
    this.rest = all.slice(end);
    const lines = all.slice(0, end);
    if (this.isSample) this.listener.reported(lines);
    if (this.beat !== undefined && lines.includes(this.beat.key)) this.echo(this.beat.sentAtMs);
  }

  private echo(sentAtMs: number): void {
    const now = performance.now();
    const staleMs = Math.max(now - (this.heardUpToMs ?? now) - this.maxStalenessMs, 0);
    this.beat = undefined;
    this.heardUpToMs = sentAtMs;
    this.listener.beat(now - sentAtMs, staleMs);
    const restMs = beatEveryMs(this.maxStalenessMs) - (now - sentAtMs);
    this.timer = setTimeout(() => this.sendBeat(), Math.max(restMs, 0));
  }
}

/** Sends a command and resolves to its response, which must fit one packet. */
async function send(socket: Socket, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.once('error', reject).once('data', (data: Buffer) => resolve(data.toString('latin1')));
  socket.write(text);
  const answer = await promise;
  throwIfError(answer);
  socket.off('error', reject).on('error', () => undefined);
  return answer;
}

function throwIfError(answer: Buffer | string): void {
  const text = answer.toString('latin1');
  if (text.startsWith('-')) throw new Error(`Redis answered ${text.trim()}`);
}
