import { readFileSync } from 'node:fs';

const NAME = /`([^`]+)`/g;
const ROW = /^\| (.+?) \| (.+?) \|/;
/** Stands for who acted. */
const AUTHOR = '*author*';
const AUTHOR_MEMBERS = ['account', 'client', 'by'];
/** Of every line. */
const COMMON = ['level', 'time', 'log', 'msg'];

/** The lines that `docs/logs.md` documents. */
export interface DocumentedLines {
  /** The members of the decision log. */
  readonly decision: ReadonlySet<string>;
  /** The members of each record of the audit log, by its `msg`. */
  readonly audit: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Reads the tables of the page. What is in parentheses explains a member. */
export function documentedLines(): DocumentedLines {
  const page = readFileSync(new URL('../../docs/logs.md', import.meta.url), 'utf8');
  const section = (title: string): readonly (readonly [string, string])[] => {
    const text = page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
    const rows = text.split('\n').flatMap((line) => {
      const [, first = '', second = ''] = ROW.exec(line) ?? [];
      return first.startsWith('`') ? [[first, second] as const] : [];
    });
    if (rows.length === 0) throw new Error(`docs/logs.md has no table in '${title}'`);
    return rows;
  };
  const audit = section('Audit records').map(([message, members]) => {
    const [name = ''] = namesIn(message);
    const plain = members.replaceAll(/\([^)]*\)/g, '');
    const author = plain.includes(AUTHOR) ? AUTHOR_MEMBERS : [];
    return [name, new Set([...author, ...namesIn(plain)])] as const;
  });
  return {
    decision: new Set(section('Decisions').flatMap(([members]) => namesIn(members))),
    audit: new Map(audit),
  };
}

function namesIn(text: string): string[] {
  return [...text.matchAll(NAME)].map(([, name = '']) => name);
}

/** The members of a line apart from those that every line has. */
export function ownMembers(line: object): string[] {
  return Object.keys(line).filter((name) => !COMMON.includes(name));
}
