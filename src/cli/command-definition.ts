import type { Action, Arguments, Command, Options, Terminal } from './command.ts';
import { UsageError } from './command.ts';
import { COMMON } from './terminal/common-options.ts';
import { helpOf, helpOfGroup } from './terminal/help-text.ts';

/** Keeps the types of an action's options; without it, they would be those of any options. */
export function defineAction<const Own extends Options>(action: Action<Own>): Action<Own> {
  return action;
}

/** A command that does one thing. */
export function defineCommand<const Own extends Options>(name: string, action: Action<Own>): Command {
  return {
    name,
    summary: action.summary,
    options: action.options,
    actions: { '': action },
    help: () => helpOf(name, action),
    nameIn: () => name,
    run: (args, terminal) => runAction(name, action, args, terminal),
  };
}

/** A command with sub-commands, such as `sallyport keys`. */
export interface Group {
  readonly summary: string;
  /** By name, in the order of the help. */
  readonly actions: Readonly<Record<string, Action>>;
  /** What the help says of all of them. */
  readonly details?: string;
}

export function defineGroup(name: string, group: Group): Command {
  const actionIn = ([word = '']: readonly string[]): Action | undefined =>
    Object.hasOwn(group.actions, word) ? group.actions[word] : undefined;
  return {
    name,
    summary: group.summary,
    options: Object.fromEntries(Object.values(group.actions).flatMap(({ options }) => Object.entries(options))),
    actions: group.actions,
    help(words) {
      const action = actionIn(words);
      return action === undefined ? helpOfGroup(name, group) : helpOf(`${name} ${words[0]}`, action);
    },
    nameIn: (words) => (actionIn(words) === undefined ? name : `${name} ${words[0]}`),
    async run(args, terminal) {
      const [word = '', ...positionals] = args.positionals;
      const action = actionIn([word]);
      if (action === undefined) throw new UsageError(`expected one of ${Object.keys(group.actions).join(', ')}`);
      refuseStray(name, word, group, args);
      return await runAction(`${name} ${word}`, action, { ...args, positionals }, terminal);
    },
  };
}

/** An option of another sub-command would have no effect, so it must be a mistake. */
function refuseStray(name: string, word: string, { actions }: Group, { values }: Arguments): void {
  const own = { ...COMMON, ...actions[word]?.options };
  const stray = Object.keys(values).find((option) => !Object.hasOwn(own, option));
  if (stray === undefined) return;
  const takers = Object.keys(actions).filter((other) => Object.hasOwn(actions[other]?.options ?? {}, stray));
  const other = takers.map((taker) => `\`sallyport ${name} ${taker}\``).join(', ');
  throw new UsageError(`--${stray} is not an option of \`sallyport ${name} ${word}\`, only of ${other}`);
}

async function runAction(name: string, action: Action, args: Arguments, terminal: Terminal): Promise<number> {
  const { takes, options } = action;
  if (takes !== undefined) checkPositionals(name, takes, args.positionals);
  for (const [option, { type, ...rest }] of Object.entries(options)) {
    const isMissing = type === 'string' && 'required' in rest && (args.values[option] ?? '') === '';
    if (isMissing) throw new UsageError(`--${option} is missing`);
  }
  return await action.run(args, terminal);
}

/** What is too much is not repeated: it may be a password. */
function checkPositionals(name: string, takes: readonly string[], positionals: readonly string[]): void {
  const missing = takes[positionals.length];
  if (missing !== undefined && !missing.startsWith('[')) throw new UsageError(`${missing} is missing`);
  if (positionals.length > takes.length) throw new UsageError(`too many arguments for \`sallyport ${name}\``);
}
