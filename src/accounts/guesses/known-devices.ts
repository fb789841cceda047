import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/ports.ts';
import type { Account } from '../account.ts';
import type { LogInDigests } from './log-in-digests.ts';

/** How long a browser stays known after its last log-in, in seconds. */
export const DEVICE_SECONDS = 30 * 86_400;

const ID_BYTES = 16;
/** The maximum number of accounts to which one browser is known. */
const MAX_ACCOUNTS = 4;
/** An id, its expiry in Unix seconds, and a digest for each name of the account. */
const ENTRY = /^([\w-]{22})\.(\d{1,12})((?:\.[\w-]{22}){1,2})$/;

interface Entry {
  readonly text: string;
  readonly id: string;
  readonly endsAtSeconds: number;
  readonly digests: readonly string[];
}

/**
 * Issues and verifies proofs that a browser has logged in to an account before. Only the browser stores the proof.
 * Keyed hashes bind it to the names of the account, so it does not reveal whether the account exists. It grants no
 * access: its holder only gets a separate budget of guesses.
 */
export class KnownDevices {
  private readonly digests: LogInDigests;
  private readonly clock: Pick<Clock, 'wallMs'>;

  constructor(digests: LogInDigests, clock: Pick<Clock, 'wallMs'>) {
    this.digests = digests;
    this.clock = clock;
  }

  /** Returns the key of the device's budget; `undefined` if the proof is not valid for this name. */
  recognise(name: string, proof: string | undefined): string | undefined {
    const entry = this.entriesOf(proof).find((one) => this.isFor(name, one));
    return entry && this.digests.of('device', entry.id);
  }

  /** Returns a new proof for an account. It also keeps the proofs for other accounts from the former one. */
  prove(account: Pick<Account, 'name' | 'email'>, former: string | undefined): string {
    const names = this.digests.ofNames(account);
    const id = randomBytes(ID_BYTES).toString('base64url');
    const endsAtSeconds = Math.floor(this.nowSeconds() + DEVICE_SECONDS);
    const digests = names.map((name) => this.digests.of(...proved(name, { id, endsAtSeconds })));
    const others = this.entriesOf(former).filter((entry) => !names.some((name) => this.isFor(name, entry)));
    const texts = [[id, endsAtSeconds, ...digests].join('.'), ...others.map(({ text }) => text)];
    return texts.slice(0, MAX_ACCOUNTS).join('~');
  }

  private isFor(name: string, entry: Entry): boolean {
    return entry.digests.some((digest) => this.digests.matches(digest, ...proved(name, entry)));
  }

  private entriesOf(proof = ''): readonly Entry[] {
    const texts = proof.split('~', MAX_ACCOUNTS);
    const entries = texts.map(readEntry).filter((entry) => entry !== undefined);
    return entries.filter(({ endsAtSeconds }) => endsAtSeconds > this.nowSeconds());
  }

  private nowSeconds(): number {
    return this.clock.wallMs() / 1000;
  }
}

function proved(name: string, { id, endsAtSeconds }: Pick<Entry, 'id' | 'endsAtSeconds'>): readonly string[] {
  return ['proof', name, id, String(endsAtSeconds)];
}

function readEntry(text: string): Entry | undefined {
  const [, id, end, digests] = ENTRY.exec(text) ?? [];
  if (id === undefined || end === undefined || digests === undefined) return undefined;
  return { text, id, endsAtSeconds: Number(end), digests: digests.slice(1).split('.') };
}
