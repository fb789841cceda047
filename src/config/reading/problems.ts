import { quote } from '../../lib/wording.ts';

/** Where something stands in the file as written: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with a configuration. Never holds a secret or a part of one. */
export interface Problem {
  /** The configuration file as the caller named it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** As in `routes[2].scope`; empty where the problem is the file itself. */
  readonly path: string;
  readonly message: string;
}

/** All problems, one a line, as `sallyport.yaml:12:5: routes[2].scope: unknown scope 'messages:sent'`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n');
}

function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

const PLAIN_KEY = /^[\w:.-]{1,64}$/;

/** A path as people write it: `issuers[0].ttl.max`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!PLAIN_KEY.test(step)) return `${text}[${quote(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
