import { quote } from '../../lib/wording.ts';

/** The place of a value in the file: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** One problem of a configuration. Never contains a secret or a part of one. */
export interface Problem {
  /** The configuration file as the caller named it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Such as `routes[2].scope`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
}

/** Formats problems, one per line: `sallyport.yaml:12:5: routes[2].scope: unknown scope 'messages:sent'`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n');
}

function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

const PLAIN_KEY = /^[\w:.-]{1,64}$/;

/** Formats a path for people: `issuers[0].ttl.max`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!PLAIN_KEY.test(step)) return `${text}[${quote(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
