import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import { AbstractConnector } from 'ioredis';
import type { HostPort } from '../../config/config.ts';
import type { Sentinels } from './sentinels.ts';

/**
 * What opens ioredis's connections: to the server that is the primary at that moment. Its own connector for Sentinels
 * believes the first one that answers, and asks that one again for as long as it lies.
 */
export function connectorTo(sentinels: Pick<Sentinels, 'find'>): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    private readonly options: RedisOptions;

    constructor(options: unknown) {
      // ioredis hands over its own options, whose credentials may be renewed.
      const own = options as RedisOptions;
      super(own.disconnectTimeout ?? 0);
      this.options = own;
    }

    /** Tells of what goes wrong on the way; rejects only when it is ended, or ioredis would not try again. */
    override async connect(tell: (type: string, error: Error) => void) {
      this.connecting = true;
      const place = await this.find(tell);
      const { tls } = this.options;
      this.stream = tls === undefined ? connect(place) : connectTls({ ...tls, ...place });
      this.stream.once('error', (error: Error) => (this.firstError = error));
      return this.stream;
    }

    private async find(tell: (type: string, error: Error) => void): Promise<HostPort> {
      while (this.connecting) {
        try {
          const { host, port } = await sentinels.find();
          if (this.connecting) return { host, port };
        } catch (error) {
          if (this.connecting) tell('error', error instanceof Error ? error : new Error(String(error)));
        }
      }
      throw new Error('Connection is closed.');
    }
  };
}
