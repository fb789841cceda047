import { createHash, X509Certificate } from 'node:crypto';
import type { Config } from '../config/config.ts';

/** What metrics show of a configuration. */
export interface ConfigFacts {
  /** Equal for instances that decide by the same configuration. Safe to compare as a number: it has 48 bits. */
  readonly hash: number;
  /** When routes stop to accept Basic, in Unix seconds; `undefined` without Basic or without an end. */
  readonly basicSunsetSeconds: number | undefined;
  /** When the certificate of each door ends, in Unix seconds, by the door's key under `listen`. */
  readonly certificateEndSeconds: ReadonlyMap<string, number>;
}

/** Returns what metrics show of a configuration. */
export function factsOf(config: Config): ConfigFacts {
  const { routes, sunsetMs } = config.basic;
  const isEnding = routes && Number.isFinite(sunsetMs);
  return {
    hash: hashOf(config),
    basicSunsetSeconds: isEnding ? sunsetMs / 1_000 : undefined,
    certificateEndSeconds: new Map(certificateEnds(config.listen)),
  };
}

/**
 * Leaves out what may differ between the machines of one deployment: the places of the file and of the database, the
 * listeners and the log.
 * Secrets write themselves as a placeholder, so the hash says nothing about them.
 */
function hashOf({ file: _file, listen: _listen, log: _log, store, ...rest }: Config): number {
  const decides = { ...rest, store: store.kind === 'sqlite' ? store.kind : store };
  const text = JSON.stringify(decides, (_key, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}

function* certificateEnds(listen: Config['listen']): Generator<[string, number]> {
  for (const [door, listener] of Object.entries(listen)) {
    const cert = listener?.tls?.cert;
    if (cert !== undefined) yield [door, new X509Certificate(cert).validToDate.getTime() / 1_000];
  }
}
