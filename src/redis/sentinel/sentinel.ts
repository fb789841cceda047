import { Redis } from 'ioredis';
import type { HostPort, RedisAccess, SentinelConfig } from '../../config/config.ts';
import type { ServerLabel } from '../failure.ts';
import { explain, fault } from '../failure.ts';
import { accessOptions, COMMON_OPTIONS, textOf } from '../options.ts';
import type { SentinelReport } from './sentinel-report.ts';

/** Longest wait for a connection and for an answer, in milliseconds. */
const ANSWER_MS = 1_000;

/** One Sentinel. Its connection opens with the first question and stays open until it breaks. */
export class Sentinel {
  private readonly client: Redis;
  private place: ServerLabel;
  private readonly primary: string;
  /** The failure of the connection: it says more than that of a question. */
  private fault: unknown;

  /** `primary` is the name of the primary in its configuration. */
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

  /** Takes other credentials, for new connections. */
  reconfigure(access: RedisAccess): void {
    Object.assign(this.client.options, accessOptions(access));
    this.place = { ...this.place, password: access.password && textOf(access.password) };
  }

  /** Asks which server is the primary. Rejects without an answer in time. One question at a time. */
  async ask(): Promise<SentinelReport> {
    this.fault = undefined;
    try {
      if (this.client.status !== 'ready') await this.client.connect();
      return await this.question();
    } catch (error) {
      // ioredis would apply this to the next connection of a client that has ended.
      if (this.client.status !== 'end') this.client.disconnect();
      throw this.fault ?? error;
    }
  }

  /** Its address and what went wrong, for people to read. */
  explain(error: unknown): string {
    return `${this.place.name} ${explain(this.place, error).replace('of the store', 'of sentinel')}`;
  }

  close(): void {
    this.client.disconnect();
  }

  private async question(): Promise<SentinelReport> {
    const commands = [
      ['sentinel', 'master', this.primary],
      // This names a new primary at once; the fields above do so a little later.
      ['sentinel', 'get-master-addr-by-name', this.primary],
    ];
    const [fields, address] = (await this.client.pipeline(commands).exec()) ?? [];
    const error = address?.[0] ?? fields?.[0];
    if (error && !error.message.includes('No such master')) throw error;
    const report = toReport(fields?.[1], address?.[1]);
    if (report === undefined) throw fault('NONAME');
    return report;
  }
}

function toReport(fields: unknown, address: unknown): SentinelReport | undefined {
  if (!(Array.isArray(fields) && Array.isArray(address))) return undefined;
  const host: unknown = address[0];
  const [port, epoch] = [Number(address[1]), Number(fields[fields.indexOf('config-epoch') + 1])];
  const isReport = typeof host === 'string' && Number.isInteger(port) && Number.isInteger(epoch);
  return isReport ? { host, port, epoch } : undefined;
}
