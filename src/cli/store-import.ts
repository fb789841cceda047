import { withStore } from '../app/command-use-cases.ts';
import type { Config } from '../config/config.ts';
import { wordFileError } from '../config/reading/draft.ts';
import { printable, quote } from '../lib/wording.ts';
import { subjectMarkKey } from '../revocation-set/entry-keys.ts';
import type { Header, RecordKind } from '../store/copy/format.ts';
import { mergeCopy } from '../store/copy/merge-copy.ts';
import { CopyError, checkCopy } from '../store/copy/read-copy.ts';
import type { StoreContents } from '../store/store.ts';
import type { Arguments, Terminal } from './command.ts';
import { CommandError, requireConfig } from './command.ts';

const NAMES: Readonly<Record<RecordKind, string>> = {
  account: 'accounts',
  'signing-key': 'signing keys',
  token: 'tokens',
  revocation: 'revocations',
};

/** Puts a copy into the store of the configuration; nothing is written before all of it was found to be good. */
export async function importStore(args: Arguments, terminal: Terminal): Promise<number> {
  const path = args.positionals[1] ?? '';
  const config = requireConfig(args.config, terminal.env);
  const header = await checkCopy(path).catch((cause: unknown) => {
    if (cause instanceof CopyError)
      throw new CommandError(`sallyport: ${path}: ${printable(cause.message)}`, { cause });
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new CommandError(`sallyport: cannot read ${quote(path)}: ${wordFileError(cause)}`, { cause });
  });
  for (const words of strangersIn(header, config)) terminal.err(`warning: ${printable(words)}\n`);
  return withStore(
    config.store,
    async (store) => {
      if (args.values['into-non-empty'] !== true && !(await isEmpty(store.contents))) {
        throw new CommandError(
          'sallyport: the store holds something already: import into a new one, or say --into-non-empty, which keeps what stands',
        );
      }
      const progress = (kind: RecordKind, count: number): void => terminal.err(`${NAMES[kind]}: ${count} ...\n`);
      let conflicts = 0;
      const own = config.issuers.filter(({ kind }) => kind === 'signing');
      const names = [...new Set([...header.issuers, ...own].map(({ name }) => name))];
      const marksOf = (accountId: string) => names.map((name) => subjectMarkKey(name, accountId));
      for await (const tally of mergeCopy(path, { store, nowSeconds: Date.now() / 1000, marksOf, progress })) {
        const { written, kept, expired } = tally;
        terminal.out(`${NAMES[tally.kind]}: ${written} written, ${kept} there already, ${expired} expired\n`);
        for (const conflict of tally.conflicts) terminal.err(`conflict: ${printable(conflict)}\n`);
        conflicts += tally.conflicts.length;
      }
      return conflicts === 0 ? 0 : 1;
    },
    'import',
  );
}

/** Issuers of the copy that the configuration does not have: their tokens do not go on. */
function strangersIn({ issuers }: Header, config: Config): readonly string[] {
  return issuers
    .filter(({ name, issuer }) => {
      return !config.issuers.some((own) => own.kind === 'signing' && own.name === name && own.issuer === issuer);
    })
    .map(
      ({ name, issuer }) =>
        `the copy is of issuer ${name} (${issuer}), which this configuration does not sign as: its tokens will not verify here`,
    );
}

async function isEmpty(contents: StoreContents): Promise<boolean> {
  for await (const _record of contents.read()) return false;
  return true;
}
