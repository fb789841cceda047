/** Texts in the YAML that we write. A document may contain anything, so every text is quoted. */

/** A string of JSON is one of YAML too. */
export function text(value: string): string {
  return JSON.stringify(value.toWellFormed());
}

/** A list of texts. */
export function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}
