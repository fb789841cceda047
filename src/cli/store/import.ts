import { importStore as importConfigured } from '../../app/store-copies.ts';
import { operatorOf } from '../../audit/actor.ts';
import { wordFileError } from '../../lib/errors.ts';
import { printable, quote } from '../../lib/wording.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { BY_OPTION, readAuthor } from '../operator.ts';
import { show } from '../terminal/json.ts';

const NAMES = {
  account: 'accounts',
  'signing-key': 'signing keys',
  token: 'tokens',
  revocation: 'revocations',
} as const;

/** Puts a copy into the store of the configuration. Writes nothing unless the whole copy is valid. */
export const importStore = defineAction({
  summary: 'put a copy into the store of the configuration',
  takes: ['FILE'],
  details: `Checks the whole file, then writes the revocations first and the accounts last: an import that breaks off
admits no revoked token. An import can be repeated.

Exits with 1 if a record conflicts with one in the store.`,
  json: '[{kind, written, kept, expired, conflicts}]',
  options: {
    'into-non-empty': {
      type: 'boolean',
      help: 'import into a store that is not empty: existing records stay, and no revocation is weakened',
    },
    by: BY_OPTION,
  },
  async run({ positionals: [path = ''], values, config: file }, terminal) {
    const { env, out, err } = terminal;
    const merged: unknown[] = [];
    const by = operatorOf(readAuthor(values));
    const config = requireConfig(file, env);
    const report: Parameters<typeof importConfigured>[2] = {
      foreignIssuer: (name, issuer) =>
        err(
          `warning: the copy comes from issuer ${printable(name)} (${printable(issuer)}), and this configuration does not ` +
            'sign as that issuer: its tokens will not verify here\n',
        ),
      progress: (kind, count) => err(`${NAMES[kind]}: ${count} ...\n`),
      merged({ kind, written, kept, expired, conflicts }) {
        merged.push({ kind, written, kept, expired, conflicts });
        if (terminal.json === true) return;
        out(`${NAMES[kind]}: ${written} written, ${kept} there already, ${expired} expired\n`);
        for (const conflict of conflicts) err(`conflict: ${printable(conflict)}\n`);
      },
    };
    const request = { path, intoNonEmpty: values['into-non-empty'] === true, by };
    const imported = await importConfigured(config, request, report, err);
    switch (imported.outcome) {
      case 'imported':
        show(terminal, merged, '');
        return imported.conflicts === 0 ? 0 : 1;
      case 'not empty':
        throw new CommandError(
          'sallyport: the store is not empty: import into a new one, or use --into-non-empty, which keeps existing records',
        );
      case 'not a copy':
        throw new CommandError(`sallyport: ${path}: ${printable(imported.problem)}`);
      case 'not readable': {
        const { cause } = imported;
        throw new CommandError(`sallyport: cannot read ${quote(path)}: ${wordFileError(cause)}`, { cause });
      }
    }
  },
});
