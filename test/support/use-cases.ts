import { buildActiveConfig } from '../../src/app/active-config.ts';
import { CommandUseCases } from '../../src/app/command-use-cases.ts';
import { closeAll } from '../../src/app/opened-parts.ts';
import { openOwnSigning } from '../../src/app/own-signing.ts';
import { boundLogIns, openSharedParts } from '../../src/app/shared-parts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Observation } from '../../src/observe/observation.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import { loadConfigText } from './config.ts';

const CONFIG = `
version: 1
listen: { tokens: 127.0.0.1:0 }
store: 'memory:'
scopes: { 'messages:send': {} }
issuers: [{ name: own, issuer: 'https://s.local', signing: { algorithm: EdDSA, sealWith: { env: SEAL } } }]
routes: [{ path: /messages, scope: 'messages:send' }]
refreshTokens: {}
`;
const SEAL = Buffer.alloc(32, 7).toString('base64url');

/** An audit record, as the log has it. */
export type WrittenRecord = Readonly<Record<string, unknown>>;

/** Opens the use cases of the doors and of the command line over one memory store, as the application does. */
export async function openUseCases() {
  const loaded = loadConfigText(CONFIG, { env: { SEAL } });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const observation = new Observation(config.log, { clock: systemClock, destination });
  const opened: (() => Promise<void>)[] = [async () => observation.close()];
  const store = openMemoryStore();
  const parts = await openSharedParts(config, observation, systemClock, opened, store);
  const own = await openOwnSigning(config, parts, 'create the first key');
  if (own === undefined) throw new Error('the configuration has an issuer that signs');
  const shared = { ...parts, ...boundLogIns(config, parts, own), own, basicUses: undefined };
  const { tokens: doors } = buildActiveConfig(config, shared, 1);
  if (doors === undefined) throw new Error('an issuer that signs has use cases');
  const { audit } = parts;
  const commands = new CommandUseCases(config, store, { audit, require: () => {}, close: () => {} }, () => {});
  /** Returns the audit records since the last call. */
  const takeRecords = (): WrittenRecord[] =>
    lines
      .splice(0)
      .map((line) => JSON.parse(line) as WrittenRecord) // our own JSON
      .filter(({ log }) => log === 'audit');
  return { store, own, doors, commands, audit, takeRecords, close: () => closeAll(opened) };
}

export type UseCases = Awaited<ReturnType<typeof openUseCases>>;
