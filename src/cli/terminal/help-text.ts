import type { Action, Option } from '../command.ts';
import { COMMON } from './common-options.ts';

/** The part of a group that its help is made of. */
interface GroupText {
  readonly summary: string;
  readonly actions: Readonly<Record<string, Action>>;
  readonly details?: string;
}

const EVERYWHERE = '[--config FILE] [--json]';

/** The help of a command or sub-command: usage, what it does, each option. */
export function helpOf(name: string, { summary, details, ...action }: Omit<Action, 'run'>): string {
  const sentence = `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`;
  const about = details === undefined ? sentence : `${sentence}\n\n${details.trimEnd()}`;
  const rows = Object.entries({ ...action.options, ...COMMON }).map(([option, one]) => {
    return [`--${written(option, one)}`, one.help] as const;
  });
  return `${usageLines(name, action)}\n${about}\n\noptions:\n${columns(rows)}\nJSON: ${action.json}\n`;
}

/** The help of a command with sub-commands: the usage of each, and what each does. */
export function helpOfGroup(name: string, { actions, details }: GroupText): string {
  const rows = Object.entries(actions).map(([action, { summary }]) => [action, summary] as const);
  const about = details === undefined ? '' : `${details.trimEnd()}\n\n`;
  const more = `\`sallyport ${name} COMMAND --help\` shows the arguments and options of a command.\n`;
  return `${groupLines(name, actions)}\n${about}commands:\n${columns(rows)}\n${more}`;
}

/** Rows of two columns, each row indented and the first column as wide as it must be. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}\n`).join('');
}

/** One line for each: the help of an action with several forms shows these. */
function groupLines(name: string, actions: GroupText['actions']): string {
  const lines = Object.entries(actions).flatMap(([action, one]) => {
    const forms = formsOf(`${name} ${action}`, one);
    return forms.length > 1 ? [`sallyport ${name} ${action} ... ${EVERYWHERE}`] : forms;
  });
  return inLines(lines);
}

function usageLines(name: string, action: Pick<Action, 'forms' | 'takes' | 'options'>): string {
  return inLines(formsOf(name, action));
}

function formsOf(name: string, { forms, takes = [], options }: Pick<Action, 'forms' | 'takes' | 'options'>): string[] {
  const own = Object.entries(options).map(([option, one]) => {
    const isRequired = one.type === 'string' && one.required === true;
    return isRequired ? `--${written(option, one)}` : `[--${written(option, one)}]`;
  });
  return (forms ?? [[...takes, ...own].join(' ')]).map((form) =>
    ['sallyport', name, form, EVERYWHERE].filter((part) => part !== '').join(' '),
  );
}

function inLines(forms: readonly string[]): string {
  return forms.map((form, index) => `${index === 0 ? 'usage: ' : '       '}${form}\n`).join('');
}

function written(name: string, option: Option): string {
  return option.type === 'string' ? `${name} ${option.placeholder}` : name;
}
