/** Bits of a character: what a field name and a field value may contain. */
const IN_NAME = 1;
const IN_VALUE = 2;

const SPACE = 0x20;
const TAB = 0x09;
const COLON = ':';

let characters: Uint8Array | undefined;

/**
 * Returns whether `name` is a token in lower case, or a colon and such a token. RFC 9113, section 8.2.1, and RFC 9110,
 * section 5.1.
 */
export function isFieldName(name: string): boolean {
  const start = name.startsWith(COLON) ? 1 : 0;
  return name.length > start && consistsOf(IN_NAME, name, start);
}

/**
 * Returns whether `value` has no control character but the tab, and no space or tab at its ends. RFC 9113, section 8.2.1,
 * and RFC 9110, section 5.5.
 */
export function isFieldValue(value: string): boolean {
  return (
    value === '' ||
    (!isBlank(value.charCodeAt(0)) && !isBlank(value.charCodeAt(value.length - 1)) && consistsOf(IN_VALUE, value, 0))
  );
}

function isBlank(character: number): boolean {
  return character === SPACE || character === TAB;
}

function consistsOf(bit: number, text: string, start: number): boolean {
  characters ??= makeCharacters();
  for (let at = start; at < text.length; at++) {
    if (((characters[text.charCodeAt(at)] ?? 0) & bit) === 0) return false;
  }
  return true;
}

function makeCharacters(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => {
    const inName = /[a-z0-9!#$%&'*+.^_`|~-]/.test(String.fromCharCode(code));
    const inValue = code === TAB || (code >= SPACE && code !== 0x7f);
    return (inName ? IN_NAME : 0) | (inValue ? IN_VALUE : 0);
  });
}
