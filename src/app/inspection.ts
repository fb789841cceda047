import type { Config } from '../config/config.ts';
import type { VerificationResult } from '../core/credential/verified-credential.ts';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/wording.ts';
import { Observation } from '../observe/observation.ts';
import { MemoryLogInHistory } from '../store/memory/log-in-history.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { ActiveConfig } from './active-config.ts';
import { buildActiveConfig } from './active-config.ts';
import { closeAll, guard } from './opened-parts.ts';
import { openOwnSigning } from './own-signing.ts';
import type { SharedParts } from './shared-parts.ts';
import { boundLogIns, openSharedParts } from './shared-parts.ts';

const INSPECTION_TIMEOUT_MS = 10_000;

/** Decides single requests as the gateway would, without a listener. Creates no key and no account. */
export interface Inspection
  extends Pick<ActiveConfig, 'gateway' | 'verifier'>,
    Pick<SharedParts, 'store' | 'revocationSet'> {
  close(): Promise<void>;
}

/** Opens an inspection. Rejects with everything closed again if the store cannot be opened. Logs nothing. */
export async function openInspection(config: Config): Promise<Inspection> {
  return guard(async (opened) => {
    // A running instance has in its caches what this one must wait for.
    const decisionPoints = new Map(
      Array.from(config.decisionPoints, ([name, point]) => [name, { ...point, timeoutMs: INSPECTION_TIMEOUT_MS }]),
    );
    const patient = {
      ...config,
      decisionPoints,
      timeouts: { decisionMs: INSPECTION_TIMEOUT_MS, storeMs: INSPECTION_TIMEOUT_MS },
    };
    const store = await leaveEpochs(await openStore(config.store, patient.timeouts, 'command'));
    const silence = { level: 'silent', passes: 0, audit: undefined } as const;
    const observation = new Observation(silence, { clock: systemClock, destination: { write: () => {} } });
    const parts = await openSharedParts(patient, observation, systemClock, opened, store);
    const own = await openOwnSigning(config, parts, 'only read');
    // An inspection must not count as a log-in, so its history is not stored.
    const logIns = boundLogIns(patient, { ...parts, store: { logInHistory: new MemoryLogInHistory() } }, own);
    const { keySets, introspection } = parts;
    keySets.reconfigure(config.issuers);
    introspection.reconfigure(config.issuers);
    parts.decisionPoints.reconfigure(decisionPoints);
    const { gateway, verifier } = buildActiveConfig(patient, { ...parts, ...logIns, own, basicUses: undefined }, 1);
    const { revocationSet } = parts;
    return { gateway, verifier, store, revocationSet, close: () => closeAll(opened) };
  });
}

/**
 * Opens an inspection to examine one token. If it cannot be opened, this says why, and the token counts as one that cannot
 * be verified now: keys that cannot be opened are no reason to leave a token valid.
 */
export async function examineOnce(
  token: string,
  config: Config,
  err: (text: string) => void,
): Promise<VerificationResult> {
  try {
    const inspection = await openInspection(config);
    try {
      return await inspection.verifier.examine(token);
    } finally {
      await inspection.close();
    }
  } catch (error) {
    err(`sallyport: ${printable(error instanceof Error ? error.message : String(error))}\n`);
    return { outcome: 'refused', reason: 'unavailable', check: 'keys' };
  }
}

/** Returns the store for reading only: if it has no epoch yet, none is written. */
async function leaveEpochs(store: Store): Promise<Store> {
  const records = await store.epochs.read().catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const isNew = store.epochs.missing === undefined && [...records.values()].every((record) => record === undefined);
  if (!isNew) return store;
  const { openMemoryStore } = await import('../store/memory/store.ts');
  const { epochs } = openMemoryStore();
  const { revocations } = store;
  return {
    ...store,
    epochs,
    revocations: {
      read: async (keys) => ({ ...(await revocations.read(keys)), epochs: [...(await epochs.read())] }),
      readEntries: (keys) => revocations.readEntries(keys),
      write: (entry) => revocations.write(entry),
      restore: (entry) => revocations.restore(entry),
      undo: (existing, undone) => revocations.undo(existing, undone),
    },
  };
}
