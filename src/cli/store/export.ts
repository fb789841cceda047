import { open, rm } from 'node:fs/promises';
import { exportStore as exportConfigured } from '../../app/store-copies.ts';
import type { Config } from '../../config/config.ts';
import { hasCode, wordFileError } from '../../lib/errors.ts';
import { counted } from '../../lib/time-format.ts';
import { quote } from '../../lib/wording.ts';
import { CommandError, requireConfig } from '../command.ts';
import { defineAction } from '../command-definition.ts';
import { show } from '../terminal/json.ts';

/** Writes a copy of the store to a new file or to standard output; messages go to standard error. */
export const exportStore = defineAction({
  summary: 'copy everything that the store holds',
  takes: [],
  details: `The copy is a backup, or what a store of another kind starts with. It goes to standard output, or into a new
file that only its owner can read.

The copy holds hashes of passwords and the sealed signing keys. It does not hold the secret that opens
these keys (signing.sealWith, or the file beside an embedded store).

On Redis, the copy may lack what is written during the export: first stop everything that issues tokens
or changes accounts.`,
  json: '{accounts, signingKeys, tokens, revocations}: numbers. Without --out, it goes to standard error',
  options: {
    out: { type: 'string', placeholder: 'FILE', help: 'write to this new file; by default to standard output' },
  },
  async run({ values: { out }, config: file }, terminal) {
    const config = requireConfig(file, terminal.env);
    const counts = await (out === undefined
      ? exportConfigured(config, (text) => {
          terminal.out(text);
          return terminal.taken?.();
        })
      : exportToFile(out, config));
    const { account: accounts, 'signing-key': signingKeys, token: tokens, revocation: revocations } = counts;
    const total = { accounts, signingKeys, tokens, revocations };
    if (terminal.json === true && out === undefined) terminal.err(`${JSON.stringify(total)}\n`);
    else if (terminal.json === true) show(terminal, total, '');
    terminal.err(
      `exported ${counted(counts.account, 'account')}, ${counted(counts['signing-key'], 'signing key')}, ` +
        `${counted(counts.token, 'token')} and ${counted(counts.revocation, 'revocation')}; ` +
        'protect the copy as you protect the store\n',
    );
    if (counts['signing-key'] > 0) terminal.err(`${secretText(config)}\n`);
    return 0;
  },
});

async function exportToFile(path: string, config: Config): ReturnType<typeof exportConfigured> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const why = hasCode(cause, 'ENOENT') ? 'no such folder' : wordFileError(cause);
    throw new CommandError(`sallyport: cannot create the file ${quote(path)}: ${why}`, { cause });
  });
  try {
    const counts = await exportConfigured(config, (text) => file.appendFile(text));
    await file.sync();
    return counts;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Names the secret that the copy needs and does not hold. */
function secretText({ issuers, store }: Config): string {
  const isConfigured = issuers.some((issuer) => issuer.kind === 'signing' && issuer.signing.sealWith !== undefined);
  const what = isConfigured || store.kind !== 'sqlite' ? 'signing.sealWith' : `${store.path}.seal, base64url`;
  return `the signing keys are sealed and only the same secret opens them (${what}): move it separately`;
}
