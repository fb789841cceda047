import { createHash, X509Certificate } from 'node:crypto';
import { dirname, isAbsolute, relative } from 'node:path';
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

/** The members that hold the place of a file. */
const FILE_PLACES: ReadonlySet<string> = new Set(['tokenFile', 'ca']);

/**
 * Leaves out what may differ between the machines of one deployment: the places of the file, of its included files and of
 * the database, the listeners, the workers, the log and telemetry. The place of any other file counts from the configuration's folder.
 * Secrets write themselves as a placeholder, so the hash says nothing about them.
 */
function hashOf(config: Config): number {
  const {
    file,
    listen: _listen,
    log: _log,
    telemetry: _telemetry,
    routePlaces: _places,
    workers: _workers,
    store,
    ...rest
  } = config;
  const decides = { ...rest, store: store.kind === 'sqlite' ? store.kind : store };
  const folder = dirname(file);
  const text = JSON.stringify(decides, (key, value: unknown): unknown => {
    if (value instanceof Map || value instanceof Set) return [...value];
    return FILE_PLACES.has(key) && typeof value === 'string' ? placeFrom(folder, value) : value;
  });
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}

/** A file that does not lie below the folder keeps its absolute path, and PEM text stays as it is. */
function placeFrom(folder: string, value: string): string {
  const place = isAbsolute(value) ? relative(folder, value) : value;
  return place.startsWith('..') ? value : place;
}

function* certificateEnds(listen: Config['listen']): Generator<[string, number]> {
  for (const [door, listener] of Object.entries(listen)) {
    const cert = listener?.tls?.cert;
    if (cert !== undefined) yield [door, new X509Certificate(cert).validToDate.getTime() / 1_000];
  }
}
