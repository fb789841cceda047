const SPACE = 0x20;
const TAB = 0x09;

/**
 * Trims the white space of header fields (RFC 9110, section 5.6.3) and no other: some parsers also trim what Unicode calls
 * white space. In linear time, which a regular expression would not take.
 */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}
