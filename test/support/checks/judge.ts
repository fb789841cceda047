/**
 * Says why a message must be refused, by a slow and plain walk over all of its fields: the list of what the reader of
 * `src/edge/ext-authz/wire` refuses although another parser may accept it. It shares no code with that reader.
 */
export type Refusal = 'framing' | 'group' | 'other type' | 'repeated field' | 'value before key' | 'repeated key';

/** What is known of a message: the fields of which there may be one, lists, and maps. */
interface Schema {
  readonly [field: number]: Kind;
}

type Kind =
  | { readonly kind: 'one'; readonly of?: Schema }
  | { readonly kind: 'many'; readonly of: Schema }
  /** A list whose entries must have their fields in order. */
  | { readonly kind: 'pairs'; readonly isMap: boolean };

const ONE = { kind: 'one' } as const;

/** `envoy.service.auth.v3.CheckRequest`, as far as it is read at once. */
export const CHECK: Schema = {
  1: {
    kind: 'one',
    of: {
      1: ONE,
      4: {
        kind: 'one',
        of: {
          2: {
            kind: 'one',
            of: {
              2: ONE,
              3: { kind: 'pairs', isMap: true },
              4: ONE,
              5: ONE,
              13: { kind: 'one', of: { 1: { kind: 'pairs', isMap: false } } },
            },
          },
        },
      },
      11: ONE,
    },
  },
};

/** `envoy.service.auth.v3.AttributeContext.Peer`. */
export const PEER: Schema = { 1: { kind: 'one', of: { 1: { kind: 'one', of: { 2: ONE } } } }, 5: ONE };

/** A field: its number, its wire type, and the content of one with a length. */
interface Field {
  readonly field: number;
  readonly type: number;
  readonly content: Buffer;
}

/** `undefined`: the message must be accepted. @param concerns the keys of a map that may not be repeated. */
export function judge(
  message: Buffer,
  schema: Schema,
  concerns: (key: string) => boolean = () => true,
): Refusal | undefined {
  const fields = fieldsOf(message);
  if (typeof fields === 'string') return fields;
  const seen = new Set<number>();
  const pairs: Field[] = [];
  for (const field of fields) {
    const kind = schema[field.field];
    if (kind === undefined) continue;
    if (field.type !== 2) return 'other type';
    if (kind.kind === 'pairs') {
      const refusal = judgePair(field.content);
      if (refusal !== undefined) return refusal;
      pairs.push(field);
      continue;
    }
    if (kind.kind === 'one' && seen.has(field.field)) return 'repeated field';
    seen.add(field.field);
    const refusal = kind.of === undefined ? undefined : judge(field.content, kind.of, concerns);
    if (refusal !== undefined) return refusal;
  }
  return judgeKeys(pairs, schema, fields, concerns);
}

function judgePair(content: Buffer): Refusal | undefined {
  const fields = fieldsOf(content);
  if (typeof fields === 'string') return fields;
  const known = fields.filter(({ field }) => field <= 3);
  if (known.some(({ type }) => type !== 2)) return 'other type';
  const order = known.map(({ field }) => field);
  if (new Set(order).size < order.length) return 'repeated field';
  return order.some((field, index) => field < (order[index - 1] ?? 0)) ? 'value before key' : undefined;
}

/** A list of bytes replaces the map, so that its keys do not count from then on. */
function judgeKeys(
  pairs: readonly Field[],
  schema: Schema,
  fields: readonly Field[],
  concerns: (key: string) => boolean,
): Refusal | undefined {
  const keys = new Set<string>();
  const listAt = fields.findIndex(({ field, content }) => field === 13 && schema[13] !== undefined && hasPair(content));
  for (const pair of pairs) {
    const kind = schema[pair.field];
    if (kind?.kind !== 'pairs' || !kind.isMap || (listAt >= 0 && fields.indexOf(pair) > listAt)) continue;
    const key = keyOf(pair.content);
    if (keys.has(key) && concerns(key)) return 'repeated key';
    keys.add(key);
  }
  return undefined;
}

function hasPair(map: Buffer): boolean {
  const fields = fieldsOf(map);
  return typeof fields !== 'string' && fields.some(({ field }) => field === 1);
}

function keyOf(pair: Buffer): string {
  const fields = fieldsOf(pair);
  return typeof fields === 'string' ? '' : (fields.find(({ field }) => field === 1)?.content.toString() ?? '');
}

function fieldsOf(message: Buffer): readonly Field[] | Refusal {
  const fields: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const tag = varint(message, at, 5);
    if (tag === undefined || tag.value > 0xffff_ffff) return 'framing';
    const [field, type] = [Math.floor(tag.value / 8), tag.value % 8];
    if (field === 0) return 'framing';
    if (type === 3 || type === 4) return 'group';
    const content = contentOf(message, tag.end, type);
    if (content === undefined) return 'framing';
    fields.push({ field, type, content: content.bytes });
    at = content.end;
  }
  return fields;
}

function contentOf(message: Buffer, at: number, type: number): { bytes: Buffer; end: number } | undefined {
  if (type === 0) {
    const number = varint(message, at, 10);
    return number && { bytes: message.subarray(at, number.end), end: number.end };
  }
  const length = type === 1 ? { value: 8, end: at } : type === 5 ? { value: 4, end: at } : varint(message, at, 5);
  if (type > 5 || length === undefined || length.value > 0xffff_ffff) return undefined;
  const end = length.end + length.value;
  return end > message.length ? undefined : { bytes: message.subarray(length.end, end), end };
}

function varint(message: Buffer, at: number, longest: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < longest; index++) {
    const byte = message[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}
