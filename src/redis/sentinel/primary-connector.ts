import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import { AbstractConnector } from 'ioredis';
import type { HostPort } from '../../config/config.ts';
import type { Sentinels } from './sentinels.ts';

/**
 * Opens the connections of ioredis to the server that is the primary at that moment. ioredis's own connector for
 * Sentinels trusts the first one that answers, and keeps asking that one even if it is wrong.
 */
export function connectorTo(sentinels: Pick<Sentinels, 'find'>): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    private readonly options: RedisOptions;

    constructor(options: unknown) {
      // ioredis passes its own options, whose credentials may change.
      const own = options as RedisOptions;
      super(own.disconnectTimeout ?? 0);
      this.options = own;
    }

    /** Reports failures by `tell`. Rejects only after `disconnect()`, because ioredis would not try again. */
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
