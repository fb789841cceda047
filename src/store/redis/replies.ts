import { StoreError } from '../../core/ports.ts';

/** A number that Redis or a script answered. Throws `StoreError` for anything else, as the functions below do. */
export function toNumber(reply: unknown): number {
  return typeof reply === 'number' ? reply : refuse('a number');
}

export function toText(reply: unknown): string {
  return typeof reply === 'string' ? reply : refuse('a string');
}

/** A string; `undefined` where there is none. */
export function toOptionalText(reply: unknown): string | undefined {
  return reply === null || reply === undefined ? undefined : toText(reply);
}

export function toList(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : refuse('a list');
}

export function toTexts(reply: unknown): readonly string[] {
  return toList(reply).map(toText);
}

/** Fields of a hash: names, each followed by its value. */
export function toPairs(reply: unknown): readonly (readonly [name: string, value: string])[] {
  const texts = toTexts(reply);
  return Array.from({ length: texts.length / 2 }, (_, index) => [texts[2 * index] ?? '', texts[2 * index + 1] ?? '']);
}

/** A turn of HSCAN: where to go on, "0" at the end, and the fields that it found. */
export function toScanned(reply: unknown): readonly [cursor: string, fields: ReturnType<typeof toPairs>] {
  const [cursor, fields] = toList(reply);
  return [toText(cursor), toPairs(fields)];
}

/** The reply itself is not named: it may hold a secret. */
function refuse(expected: string): never {
  throw new StoreError(`Redis did not answer with ${expected}`);
}
