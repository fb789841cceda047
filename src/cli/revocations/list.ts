import { withUseCases } from '../../app/command-use-cases.ts';
import { parseInstant } from '../../config/reading/times.ts';
import { isUndone, kindOfEntry } from '../../core/revocation-entry.ts';
import { entryText } from '../../explanation/entry-text.ts';
import { timeOf } from '../../lib/time-format.ts';
import { list, printable, quote } from '../../lib/wording.ts';
import type { RevocationEntry } from '../../revocation-set/entry.ts';
import { readAttribution } from '../../revocation-set/entry.ts';
import type { Terminal } from '../command.ts';
import { requireConfig, UsageError } from '../command.ts';
import { defineAction } from '../command-definition.ts';

const KINDS = {
  token: ['token id', 'token claims', 'thumbprint'],
  key: ['signing key'],
  subject: ['subject mark'],
  issuer: ['issuer mark'],
} as const;

/** Lists the revocation set as the store holds it, one entry after another, so that millions need little memory. */
export const listRevocations = defineAction({
  summary: 'list the entries of the revocation set',
  takes: [],
  details: `One line for each entry: its key, when it expires, and what it says. Redis has no order, and may show an entry
twice that is written meanwhile. Entries that were taken back are left out unless you add --undone.`,
  json: '[{key, kind, issuer, value, at, by, reason, undone, expires}]; what an entry does not say is null',
  options: {
    issuer: { type: 'string', placeholder: 'NAME', help: 'only what the tokens of this issuer concerns' },
    kind: { type: 'string', placeholder: 'KIND', help: 'only entries for one token, key, subject or issuer' },
    since: {
      type: 'string',
      placeholder: 'TIME',
      help: 'only what was revoked at this time or later, if the entry says so',
    },
    limit: { type: 'string', placeholder: 'N', help: 'at most so many entries' },
    undone: { type: 'boolean', help: 'also entries that were taken back' },
  },
  async run({ values, config: file }, terminal) {
    const isWanted = filterOf(values);
    const limit = limitOf(values.limit);
    const config = requireConfig(file, terminal.env);
    await withUseCases(config, terminal.err, async ({ revocationEntries }) => {
      await print(take(revocationEntries(), isWanted, limit), terminal);
    });
    return 0;
  },
});

interface Filter {
  readonly issuer?: string;
  readonly kind?: string;
  readonly since?: string;
  readonly undone?: boolean;
}

function filterOf({ issuer, kind, since, undone = false }: Filter): (entry: RevocationEntry) => boolean {
  if (kind !== undefined && !isKind(kind)) throw new UsageError(`--kind takes ${list(Object.keys(KINDS))}`);
  const kinds: readonly string[] | undefined = kind === undefined ? undefined : KINDS[kind];
  const sinceMs = since === undefined ? undefined : parseInstant(since);
  if (since !== undefined && sinceMs === undefined) {
    throw new UsageError(
      `--since takes a date, or a date and time such as 2027-06-30T12:00:00Z, found ${quote(since)}`,
    );
  }
  return ({ key, value }) => {
    if (!undone && isUndone(value)) return false;
    if (issuer !== undefined && issuerIn(key) !== issuer) return false;
    if (kinds !== undefined && !kinds.includes(kindOfEntry(key) ?? '')) return false;
    return sinceMs === undefined || momentOf({ key, value }) >= sinceMs / 1000;
  };
}

function isKind(kind: string): kind is keyof typeof KINDS {
  return Object.hasOwn(KINDS, kind);
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError('--limit takes a whole number from 1');
  return Number(text);
}

/** The mark of a mark, otherwise when the entry was written; forever ago if it does not say. */
function momentOf({ key, value }: Pick<RevocationEntry, 'key' | 'value'>): number {
  if (kindOfEntry(key)?.endsWith('mark') === true) return Number(value);
  return readAttribution(value).at ?? Number.NEGATIVE_INFINITY;
}

async function* take(
  entries: AsyncIterable<RevocationEntry>,
  isWanted: (entry: RevocationEntry) => boolean,
  limit: number,
): AsyncIterable<RevocationEntry> {
  let left = limit;
  for await (const entry of entries) {
    if (!isWanted(entry)) continue;
    yield entry;
    left -= 1;
    if (left === 0) return;
  }
}

/** Writes one entry after another, and waits for the reader: nothing is collected. */
async function print(entries: AsyncIterable<RevocationEntry>, { out, taken, json = false }: Terminal): Promise<void> {
  let count = 0;
  for await (const entry of entries) {
    out(json ? `${count === 0 ? '[' : ','}\n  ${JSON.stringify(viewOf(entry))}` : lineOf(entry));
    count += 1;
    if (count % 1000 === 0) await taken?.();
  }
  if (json) out(count === 0 ? '[]\n' : '\n]\n');
  else if (count === 0) out('no entry\n');
}

function viewOf(entry: RevocationEntry) {
  const { key, value } = entry;
  const { at, by, reason } = readAttribution(value);
  return {
    key,
    kind: kindOfEntry(key) ?? null,
    issuer: issuerIn(key) ?? null,
    value,
    at: at === undefined ? null : timeOf(at * 1000),
    by: by ?? null,
    reason: reason ?? null,
    undone: isUndone(value),
    expires: expiryOf(entry),
  };
}

function lineOf(entry: RevocationEntry): string {
  const expiry = expiryOf(entry);
  const columns = [entry.key, expiry === null ? 'forever' : `until ${expiry}`, entryText(entry.key, entry.value)];
  return `${columns.map(printable).join('\t')}\n`;
}

function expiryOf({ expiresAtSeconds }: RevocationEntry): string | null {
  return expiresAtSeconds === undefined ? null : timeOf(expiresAtSeconds * 1000);
}

/** A thumbprint belongs to no issuer. */
function issuerIn(key: string): string | undefined {
  return kindOfEntry(key) === 'thumbprint' ? undefined : key.split(':')[2];
}
