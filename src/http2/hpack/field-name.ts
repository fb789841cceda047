import { isFieldName, isFieldValue } from './field-syntax.ts';
import type { HeaderField } from './header-field.ts';
import { LastBytes } from './last-bytes.ts';

/** A name of a field, with the last value that it had. */
export class FieldName {
  readonly text: string;
  readonly kind: number;
  readonly isValid: boolean;
  readonly lastField = new LastBytes<HeaderField>();

  constructor(text: string, kindOf: (name: string) => number) {
    this.text = text;
    this.kind = kindOf(text);
    this.isValid = isFieldName(text);
  }

  fieldWith(value: string): HeaderField {
    return { name: this.text, value, kind: this.kind, isValid: this.isValid && isFieldValue(value) };
  }
}
