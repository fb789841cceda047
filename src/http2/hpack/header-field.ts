/** A field of a header section. RFC 9113, section 8.2. */
export interface HeaderField {
  readonly name: string;
  /** One character for each byte. */
  readonly value: string;
  /** What the owner of the decoder calls a field with this name; 0 without a `kindOf`. */
  readonly kind: number;
  /** Whether RFC 9113, section 8.2.1, permits the name and the value. */
  readonly isValid: boolean;
}

/** A field block of which every byte was read, so that the next one can be. */
export interface DecodedFields {
  readonly outcome: 'fields';
  /** In their order, duplicates included. */
  readonly fields: readonly HeaderField[];
}

/**
 * A field block without usable fields. The decoder continues after the first two, for which the stream alone is refused:
 *
 * - `malformed`: a name or value that RFC 9113, section 8.2.1, forbids: a stream error PROTOCOL_ERROR;
 * - `too-long`: the fields are longer than the limit: `431`, or a reset;
 * - `broken`: the connection cannot go on: COMPRESSION_ERROR. Every later block of the decoder is broken too.
 */
export type RefusedFields =
  | { readonly outcome: 'malformed'; readonly fields: readonly HeaderField[] }
  | { readonly outcome: 'too-long' }
  | { readonly outcome: 'broken'; readonly reason: string };

export type DecodedBlock = DecodedFields | RefusedFields;

/** What a field adds to the size of a table (RFC 7541, section 4.1) and of a list (RFC 9113, section 6.5.2). */
export function fieldSize(field: HeaderField): number {
  return field.name.length + field.value.length + 32;
}
