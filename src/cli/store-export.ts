import { open, rm } from 'node:fs/promises';
import { requireStore, withStore } from '../app/command-use-cases.ts';
import type { Config } from '../config/config.ts';
import { wordFileError } from '../config/reading/draft.ts';
import { hasCode } from '../lib/error-code.ts';
import { counted } from '../lib/time-format.ts';
import { readVersion } from '../lib/version.ts';
import { quote } from '../lib/wording.ts';
import type { Counts } from '../store/copy/format.ts';
import { writeCopy } from '../store/copy/write-copy.ts';
import type { StoreContents } from '../store/store.ts';
import type { Arguments, Terminal } from './command.ts';
import { CommandError, requireConfig } from './command.ts';

/** Writes a copy of the store, to a new file or to standard output; what it tells of it goes to standard error. */
export async function exportStore({ values, config: file }: Arguments, terminal: Terminal): Promise<number> {
  const config = requireConfig(file, terminal.env);
  requireStore(config.store);
  const { out } = values;
  const counts = await withStore(config.store, ({ contents }) =>
    typeof out === 'string'
      ? exportToFile(out, contents, config)
      : writeCopy(contents, aboutNow(config), (text) => {
          terminal.out(text);
          return terminal.taken?.();
        }),
  );
  terminal.err(
    `exported ${counted(counts.account, 'account')}, ${counted(counts['signing-key'], 'signing key')}, ` +
      `${counted(counts.token, 'token')} and ${counted(counts.revocation, 'revocation')}; keep the copy as you keep the store\n`,
  );
  if (counts['signing-key'] > 0) terminal.err(`${secretWords(config)}\n`);
  return 0;
}

async function exportToFile(path: string, contents: StoreContents, config: Config): Promise<Counts> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const why = hasCode(cause, 'ENOENT') ? 'no such folder' : wordFileError(cause);
    throw new CommandError(`sallyport: cannot make the file ${quote(path)}: ${why}`, { cause });
  });
  try {
    const counts = await writeCopy(contents, aboutNow(config), (text) => file.appendFile(text));
    await file.sync();
    return counts;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function aboutNow({ issuers }: Config) {
  const own = issuers.flatMap((issuer) =>
    issuer.kind === 'signing' ? [{ name: issuer.name, issuer: issuer.issuer }] : [],
  );
  return { sallyport: readVersion(), exportedAt: new Date().toISOString(), issuers: own };
}

/** The copy is of no use without it, and is no copy of it. */
function secretWords({ issuers, store }: Config): string {
  const isConfigured = issuers.some((issuer) => issuer.kind === 'signing' && issuer.signing.sealWith !== undefined);
  const what = isConfigured || store.kind !== 'sqlite' ? 'signing.sealWith' : `${store.path}.seal, base64url`;
  return `the signing keys are sealed, and open only with the same secret (${what}): move that separately`;
}
