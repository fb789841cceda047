import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withoutPadding } from '../src/accounts/passwords/predictable.ts';

/**
 * Writes src/accounts/passwords/common-passwords.txt: `node tools/common-passwords.ts FOLDER`, where FOLDER holds an
 * unpacked `@zxcvbn-ts/language-common` with its dependencies. The list keeps passwords that are too short to be set,
 * without the digits and signs around them, because people build longer ones from them.
 */
const OUTPUT = new URL('../src/accounts/passwords/common-passwords.txt', import.meta.url);
/** Attackers have few guesses, so less common passwords do not matter. */
const MAX_RANK = 25_000;
const MIN_CORE = 4;
const WHOLE = 15;

const [folder = '.'] = process.argv.slice(2);
const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
const { dictionary } = (await import(pathToFileURL(join(folder, 'dist/index.mjs')).href)) as {
  readonly dictionary: Readonly<Record<string, readonly string[]>>;
};
const passwords = (dictionary['passwords-common'] ?? []).map((password) => password.normalize('NFKC').toLowerCase());
const long = passwords.filter((password) => Array.from(password).length >= WHOLE);
const cores = passwords.slice(0, MAX_RANK).map(withoutPadding);
const words = [...new Set([...long, ...cores.filter((core) => Array.from(core).length >= MIN_CORE)])].toSorted();
const notice = (await readFile(join(folder, 'LICENSE.txt'), 'utf8')).trim();
const heading = `Common passwords, from @zxcvbn-ts/language-common ${version}, in lower case and without digits and signs around them.
tools/common-passwords.ts writes this file. The list is under the ${license} licence:

${notice}
`;
const commented = heading.split('\n').map((line) => `# ${line}`.trimEnd());
await writeFile(OUTPUT, `${[...commented, ...words].join('\n')}\n`);
