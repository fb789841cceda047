import type { ConfigNode } from './config-node.ts';

/** Whether a text matches; `undefined` if the configuration does not show it. */
export type TextTest = (text: string) => boolean | undefined;

/** Reads a `RegexMatcher`, which must match the whole text. */
export function readRegexMatcher(node: ConfigNode | undefined): TextTest {
  const expression = node?.get('regex')?.text;
  return expression === undefined ? () => undefined : wholeMatch(expression);
}

/** Reads a `StringMatcher`. */
export function readStringMatcher(node: ConfigNode): TextTest {
  const fold = node.get('ignore_case')?.isTrue === true ? (text: string) => text.toLowerCase() : (text: string) => text;
  const word = (name: string): string | undefined => {
    const text = node.get(name)?.text;
    return text === undefined ? undefined : fold(text);
  };
  const [exact, prefix, suffix, contains] = [word('exact'), word('prefix'), word('suffix'), word('contains')];
  if (exact !== undefined) return (text) => fold(text) === exact;
  if (prefix !== undefined) return (text) => fold(text).startsWith(prefix);
  if (suffix !== undefined) return (text) => fold(text).endsWith(suffix);
  if (contains !== undefined) return (text) => fold(text).includes(contains);
  return readRegexMatcher(node.get('safe_regex'));
}

/** Reads a `ListStringMatcher`, of which one member is enough. */
export function readStringMatchers(node: ConfigNode): TextTest {
  const tests = node.get('patterns')?.items().map(readStringMatcher) ?? [];
  return (text) => {
    const results = tests.map((test) => test(text));
    if (results.includes(true)) return true;
    return results.includes(undefined) ? undefined : false;
  };
}

/** JavaScript has no such classes, and reads their letters one by one. */
const NAMED_CLASS = '[[:';

/** RE2 and JavaScript agree on all that header names need. The flag `u` refuses escapes that only RE2 knows. */
function wholeMatch(expression: string): TextTest {
  if (expression.includes(NAMED_CLASS)) return () => undefined;
  try {
    const pattern = new RegExp(`^(?:${expression})$`, 'su');
    return (text) => pattern.test(text);
  } catch {
    return () => undefined;
  }
}
