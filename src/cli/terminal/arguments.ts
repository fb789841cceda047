import { parseArgs } from 'node:util';
import { errorMessage } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import { UsageError } from '../command.ts';

type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** Reads a command's arguments. Throws {@link UsageError}, in our own words, where an option is wrong. */
export function parseArguments(args: readonly string[], own: Options) {
  const options = { ...COMMON, ...own } as const;
  const config = { args: [...args], options, allowPositionals: true } as const;
  try {
    return parseArgs(config);
  } catch (cause) {
    const { tokens } = parseArgs({ ...config, strict: false, tokens: true });
    const problems = tokens.flatMap((token) => (token.kind === 'option' ? problemWith(token, options) : []));
    throw new UsageError(problems[0] ?? errorMessage(cause), { cause });
  }
}

/** Whether `--json` was given, whether or not the other options are right. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}

/** What is left without the options, whether or not these are right. */
export function wordsIn(args: readonly string[], own: Options): readonly string[] {
  const options = { ...COMMON, ...own } as const;
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: false }).positionals;
}

interface Written {
  readonly name: string;
  /** With its dashes. */
  readonly rawName: string;
  readonly value?: string | undefined;
  /** Whether the value stands behind `=`. */
  readonly inlineValue?: boolean | undefined;
}

function problemWith({ name, rawName, value, inlineValue }: Written, options: Options): string[] {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) return [`there is no option ${rawName}${suggest(name, Object.keys(options))}`];
  if (option.type === 'boolean') return value === undefined ? [] : [`${rawName} takes no value`];
  if (value === undefined) return [`${rawName} needs a value`];
  const isAmbiguous = inlineValue !== true && value.length > 1 && value.startsWith('-');
  return isAmbiguous ? [`${rawName} needs a value; write ${rawName}=VALUE for one that begins with a dash`] : [];
}

function suggest(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === undefined ? '' : `, did you mean --${near}?`;
}
