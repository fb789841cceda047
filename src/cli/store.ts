import type { Arguments, Command, Terminal } from './command.ts';
import { UsageError } from './command.ts';
import { acceptLosses } from './store-accept-loss.ts';
import { exportStore } from './store-export.ts';
import { importStore } from './store-import.ts';

type Action = (args: Arguments, terminal: Terminal) => Promise<number>;

/** What goes with each action, besides `--config`. */
const ACTIONS: Readonly<Record<string, { action: Action; options: readonly string[]; files: number }>> = {
  'accept-loss': { action: acceptLosses, options: [], files: 0 },
  export: { action: exportStore, options: ['out'], files: 0 },
  import: { action: importStore, options: ['into-non-empty'], files: 1 },
};

/** What an operator does about the store itself. */
export const store: Command = {
  summary: 'export or import a store, or accept that revocations were lost',
  usage: `usage: sallyport store export [--out FILE] [--config FILE]
       sallyport store import FILE [--into-non-empty] [--config FILE]
       sallyport store accept-loss [--config FILE]

export       writes all that the store holds, to standard output or into a new file that only its owner can read: a backup,
             or what another kind of store is to begin with. It holds hashes of passwords, and the signing keys as they
             are sealed; the secret that opens them (signing.sealWith, or the file beside an embedded store) it does not.
             On Redis, what is written meanwhile may be missing: stop what issues tokens and changes accounts first
import       looks through the whole file, then puts it into the store of the configuration, revocations first and accounts
             last; can be done again where it was broken off. Exits with 1 where something there stood against it
--into-non-empty
             also where the store holds something already. What stands there stays; no revocation is weakened
accept-loss  where the store lost the revocation set (emptied, restarted without its data, a backup put back), running
             instances have written again the revocations that they know, and answer \`unavailable\` to whatever asks for a
             credential. See first what the set lacks now: a backup, and the audit log, tell what was revoked; write that
             again. accept-loss then says that the set counts as it is, and every instance goes on by itself. Exits with 0,
             also where nothing is lost
`,
  options: { out: { type: 'string' }, 'into-non-empty': { type: 'boolean' } },
  async run(args, terminal) {
    const [name = '', ...files] = args.positionals;
    const takes = ACTIONS[name];
    if (takes === undefined) throw new UsageError('expected export, import or accept-loss');
    if (files.length !== takes.files) {
      throw new UsageError(takes.files === 0 ? `expected nothing after ${name}` : 'expected one file');
    }
    const stray = Object.keys(store.options).find((option) => option in args.values && !takes.options.includes(option));
    if (stray !== undefined) throw new UsageError(`--${stray} does not go with ${name}`);
    return takes.action(args, terminal);
  },
};
