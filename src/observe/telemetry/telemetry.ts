import { createHash } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { TelemetryConfig } from '../../config/telemetry-config.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { Sdk, SdkParts } from './sdk.ts';

/** How long a stop, or a reload in the background, sends what still waits. */
const CLOSE_MS = 1_000;

export interface TelemetryParts extends Omit<SdkParts, 'store'> {
  readonly tracing: Pick<Tracing, 'reconfigure'>;
  /** Receives each line of the logs from now on; `undefined`: none does. */
  readonly copyLines: (copy: ((line: string) => void) | undefined) => void;
}

type Telemetry = Pick<Config, 'telemetry' | 'store'>;

/** Sends what a configuration says over OpenTelemetry, which is imported with the first one that does. */
export class TelemetrySender {
  private readonly parts: TelemetryParts;
  private sdk: Sdk | undefined;
  private inForce: string | undefined;
  private prepared: (() => void) | undefined;

  constructor(parts: TelemetryParts) {
    this.parts = parts;
  }

  /** Loads what the next configuration needs, and changes nothing. Rejects if that cannot be loaded. */
  async prepare({ telemetry, store }: Telemetry): Promise<void> {
    const next = identityOf(telemetry);
    if (next === this.inForce) {
      this.prepared = undefined;
    } else if (telemetry.kind === 'off') {
      this.prepared = () => this.replace(undefined, 0, next);
    } else {
      const { startSdk } = await import('./sdk.ts');
      const parts = { ...this.parts, store: store.kind };
      this.prepared = () => this.replace(startSdk(telemetry, parts), telemetry.traces?.ratio ?? 0, next);
    }
  }

  /** Puts the configuration that {@link prepare} was called with into force. */
  reconfigure(): void {
    this.prepared?.();
    this.prepared = undefined;
  }

  /** Sends what still waits, for at most a second. */
  async close(): Promise<void> {
    const { sdk } = this;
    this.use(undefined, 0);
    await sdk?.close(CLOSE_MS);
  }

  private replace(sdk: Sdk | undefined, ratio: number, identity: string | undefined): void {
    const former = this.sdk;
    this.use(sdk, ratio);
    this.inForce = identity;
    void former?.close(CLOSE_MS);
  }

  private use(sdk: Sdk | undefined, ratio: number): void {
    this.sdk = sdk;
    this.parts.tracing.reconfigure(sdk?.spans, ratio);
    this.parts.copyLines(sdk?.sendLine);
  }
}

/** Returns a text that differs if anything is sent in another way, and holds no secret. `undefined`: nothing is sent. */
function identityOf(telemetry: Config['telemetry']): string | undefined {
  if (telemetry.kind === 'off') return undefined;
  const secrets = [...Object.values(telemetry.headers), telemetry.tls?.key].map(textOf);
  return createHash('sha256')
    .update(JSON.stringify([telemetry, secrets]))
    .digest('hex');
}

function textOf(secret: TelemetryConfig['headers'][string] | undefined): string | undefined {
  return secret && Buffer.from(secret.reveal()).toString('base64');
}
