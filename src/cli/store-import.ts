import { withStore } from '../app/command-use-cases.ts';
import type { Config } from '../config/config.ts';
import { wordFileError } from '../config/reading/draft.ts';
import { printable, quote } from '../lib/wording.ts';
import { subjectMarkKey } from '../revocation-set/entry-keys.ts';
import type { Header, RecordKind } from '../store/copy/format.ts';
import { mergeCopy } from '../store/copy/merge-copy.ts';
import { CopyError, checkCopy } from '../store/copy/read-copy.ts';
import type { StoreContents } from '../store/store.ts';
import { CommandError, requireConfig } from './command.ts';
import { defineAction } from './command-definition.ts';

const NAMES: Readonly<Record<RecordKind, string>> = {
  account: 'accounts',
  'signing-key': 'signing keys',
  token: 'tokens',
  revocation: 'revocations',
};

/** Puts a copy into the store of the configuration. Writes nothing unless the whole copy is valid. */
export const importStore = defineAction({
  summary: 'put a copy into the store of the configuration',
  takes: ['FILE'],
  details: `Checks the whole file first. Then writes the revocations first and the accounts last, so that an import that
breaks off admits nothing that has ended. It can be repeated.

Exits with 1 if a record conflicts with one in the store.`,
  options: {
    'into-non-empty': {
      type: 'boolean',
      help: 'also if the store holds something: existing records stay, and no revocation is weakened',
    },
  },
  async run({ positionals: [path = ''], values, config: file }, terminal) {
    const config = requireConfig(file, terminal.env);
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
        if (values['into-non-empty'] !== true && !(await isEmpty(store.contents))) {
          throw new CommandError(
            'sallyport: the store is not empty: import into a new one, or use --into-non-empty, which keeps existing records',
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
  },
});

/** Issuers of the copy that the configuration does not have: their tokens will not be valid. */
function strangersIn({ issuers }: Header, config: Config): readonly string[] {
  return issuers
    .filter(({ name, issuer }) => {
      return !config.issuers.some((own) => own.kind === 'signing' && own.name === name && own.issuer === issuer);
    })
    .map(
      ({ name, issuer }) =>
        `the copy comes from issuer ${name} (${issuer}), and this configuration does not sign as that issuer: its tokens will not verify here`,
    );
}

async function isEmpty(contents: StoreContents): Promise<boolean> {
  for await (const _record of contents.read()) return false;
  return true;
}
