/**
 * Collects the header fields of one request that the configuration reads (`Gateway.wantedFields`). Makes no map for a
 * request without any.
 */
export class WantedFields {
  /** `undefined` without any. */
  found: Map<string, string> | undefined;
  private readonly wanted: ReadonlySet<string> | undefined;

  /** @param wanted lower-case names; may be empty. */
  constructor(wanted: ReadonlySet<string> | undefined) {
    this.wanted = wanted !== undefined && wanted.size > 0 ? wanted : undefined;
  }

  /**
   * Keeps a field if it is wanted. Joins several fields of one name as HTTP does: cookies by `; ` (RFC 9113, section
   * 8.2.3), all others by commas (RFC 9110, section 5.3).
   *
   * @param name in lower case.
   * @param form whether each character of the value is one byte, as it is kept, or the value was decoded from UTF-8.
   */
  add(name: string, value: string, form: 'bytes' | 'text' = 'bytes'): void {
    if (this.wanted === undefined || !this.wanted.has(name)) return;
    this.found ??= new Map();
    const bytes = form === 'bytes' ? value : Buffer.from(value).toString('latin1');
    const former = this.found.get(name);
    this.found.set(name, former === undefined ? bytes : `${former}${name === 'cookie' ? '; ' : ','}${bytes}`);
  }
}
