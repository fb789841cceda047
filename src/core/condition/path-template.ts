import type { Scalar } from '../claims/condition.ts';
import { pathValueAt } from './path-value.ts';

/** A value with one `{path.name}` in it, which stands for a segment of the request's path. */
export interface PathTemplate {
  /** As it is written. */
  readonly text: string;
  readonly before: string;
  /** Index of the segment in the path, from 0. */
  readonly segment: number;
  readonly after: string;
}

/** A whole number as every server writes it. Another spelling, such as `042`, may be the same number to an upstream. */
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * The values that a template stands for in a request: none if its segment is ambiguous. A template without other text
 * also stands for the whole number that the segment spells, because a claim may be a number.
 */
export function templateValues({ before, segment, after }: PathTemplate, path: string): readonly Scalar[] {
  const value = pathValueAt(path, segment);
  if (value === undefined) return [];
  if (before !== '' || after !== '') return [before + value + after];
  const number = WHOLE_NUMBER.test(value) ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? [value, number] : [value];
}
