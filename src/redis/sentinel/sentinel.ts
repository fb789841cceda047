import { Redis } from 'ioredis';
import type { HostPort, RedisAccess, SentinelConfig } from '../../config/config.ts';
import type { ServerLabel } from '../failure.ts';
import { explain, fault } from '../failure.ts';
import { accessOptions, COMMON_OPTIONS, textOf } from '../options.ts';
import type { SentinelReport } from './sentinel-report.ts';

/** Longest wait for a connection, and for an answer. */
const ANSWER_MS = 1_000;

/** One Sentinel, on a connection that is made when it is asked and stands until it breaks. */
export class Sentinel {
  private readonly client: Redis;
  private place: ServerLabel;
  private readonly primary: string;
  /** What went wrong with the connection tells more than what became of a question. */
  private fault: unknown;

  /** `primary` is the name that it knows the primary by. */
  constructor({ host, port }: HostPort, config: SentinelConfig, primary: string) {
    this.primary = primary;
    this.place = { name: `${host}:${port}`, password: config.password && textOf(config.password) };
    this.client = new Redis({
      ...COMMON_OPTIONS,
      ...accessOptions(config),
      host,
      port,
      connectTimeout: ANSWER_MS,
      commandTimeout: ANSWER_MS,
      lazyConnect: true,
      retryStrategy: null,
    });
    this.client.on('error', (error: unknown) => (this.fault = error));
  }

  /** For every connection from now on. */
  reconfigure(access: RedisAccess): void {
    Object.assign(this.client.options, accessOptions(access));
    this.place = { ...this.place, password: access.password && textOf(access.password) };
  }

  /** Which server is the primary. Rejects where it does not say so in time; one question at a time. */
  async ask(): Promise<SentinelReport> {
    this.fault = undefined;
    try {
      if (this.client.status !== 'ready') await this.client.connect();
      return await this.question();
    } catch (error) {
      // Of an ended client, ioredis would take it as said of the next connection.
      if (this.client.status !== 'end') this.client.disconnect();
      throw this.fault ?? error;
    }
  }

  /** What went wrong when it was asked, with its address, for people. */
  explain(error: unknown): string {
    return `${this.place.name} ${explain(this.place, error).replace('of the store', 'of sentinel')}`;
  }

  close(): void {
    this.client.disconnect();
  }

  private async question(): Promise<SentinelReport> {
    const commands = [
      ['sentinel', 'master', this.primary],
      // It names the new one as soon as that is one; the fields above, a little later.
      ['sentinel', 'get-master-addr-by-name', this.primary],
    ];
    const [fields, address] = (await this.client.pipeline(commands).exec()) ?? [];
    const error = address?.[0] ?? fields?.[0];
    if (error && !error.message.includes('No such master')) throw error;
    const word = toWord(fields?.[1], address?.[1]);
    if (word === undefined) throw fault('NONAME');
    return word;
  }
}

function toWord(fields: unknown, address: unknown): SentinelReport | undefined {
  if (!(Array.isArray(fields) && Array.isArray(address))) return undefined;
  const host: unknown = address[0];
  const [port, epoch] = [Number(address[1]), Number(fields[fields.indexOf('config-epoch') + 1])];
  const isWord = typeof host === 'string' && Number.isInteger(port) && Number.isInteger(epoch);
  return isWord ? { host, port, epoch } : undefined;
}
