import { isFieldName, isFieldValue } from './field-syntax.ts';
import type { HeaderField } from './header-field.ts';
import type { LastBytes } from './last-bytes.ts';

/** A field in a table, of which a literal may take the name. */
export interface NamedField extends HeaderField {
  readonly origin: FieldName;
}

/** A name of a field, with the last value that it had if its decoder remembers it. */
export class FieldName {
  readonly text: string;
  readonly kind: number;
  readonly isValid: boolean;
  lastField: LastBytes<NamedField> | undefined;
  /** Whether it has had a value before. */
  isInUse = false;

  constructor(text: string, kindOf: (name: string) => number) {
    this.text = text;
    this.kind = kindOf(text);
    this.isValid = isFieldName(text);
  }

  fieldWith(value: string): NamedField {
    return { name: this.text, value, kind: this.kind, isValid: this.isValid && isFieldValue(value), origin: this };
  }
}
