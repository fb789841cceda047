const NAME = /^:?[a-z0-9!#$%&'*+.^_`|~-]+$/;
const VALUE = /^(?:[!-~\u0080-\u00ff](?:[\t -~\u0080-\u00ff]*[!-~\u0080-\u00ff])?)?$/;

/** Returns whether `name` is a token in lower case, or a colon and such a token. RFC 9113, section 8.2.1. */
export function isFieldName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Returns whether `value` has no control character but the tab, and no space or tab at its ends. RFC 9113, section 8.2.1,
 * and RFC 9110, section 5.5.
 */
export function isFieldValue(value: string): boolean {
  return VALUE.test(value);
}
