/** Returns a number from 0 to below `limit`. */
export type Random = (limit: number) => number;

/** A generator of numbers that are the same for the same seed (xorshift32). */
export function randomFrom(seed: number): Random {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}

const NAMES = [
  ':authority',
  ':method',
  ':path',
  ':scheme',
  ':Path',
  'accept',
  'te',
  'x',
  'authorization',
  'Authorization',
  'AUTHORIZATION',
  'authorization-x',
  'origin',
  'sec-fetch-mode',
  'sec-fetch-',
  'sec-ch-ua',
  'x-forwarded-for',
  'X-Forwarded-For',
  'x-request-id',
  'traceparent',
  'mcp-method',
  'mcp-name',
  'mcp_name',
  'mcp-protocol-version',
  'content-type',
  'content-encoding',
  'cookie',
  'Cookie',
  'x-api-key',
  'x_api_key',
  'x-auth-subject',
  'x_auth_subject',
  'x.auth.scopes',
  'X~Auth~Scopes',
  'x-auth_token.id',
  'x:auth:issuer',
  'forwarded',
  'x_http_method_override',
  '__proto__',
  'constructor',
  '1',
  '',
  'x'.repeat(65),
  `x_auth_subject${'x'.repeat(60)}`,
];
const VALUES = [
  '',
  'Bearer a.b.c',
  'GET',
  '/',
  '198.51.100.9',
  '00-a-b-01',
  'a=b',
  'tools/call',
  '2026-07-28',
  'x'.repeat(200),
];
const PATHS = ['/', '/a', '/3rdparty/v1/messages?limit=5', '*', ''];

/** Makes one random message as a gateway could send it, or nearly so: some have more than one may have. */
export function randomCheck(random: Random): Buffer {
  const attributes = shuffled(random, [
    ...some(random, 90, () => bytes(1, randomPeer(random))),
    ...some(random, 10, () => bytes(2, randomBytes(random, 20))),
    ...some(random, 97, () => bytes(4, randomRequest(random))),
    ...some(random, 10, () => entry(10, 'a', 'b')),
    ...some(random, 20, () => bytes(11, randomMetadata(random))),
    ...some(random, 3, () => randomField(random)),
  ]);
  const check = some(random, 98, () => bytes(1, Buffer.concat(attributes)));
  return Buffer.concat([...check, ...some(random, 3, () => randomField(random))]);
}

/** Changes some bytes of a message, or cuts, repeats or moves a part of it. */
export function mutated(random: Random, message: Buffer): Buffer {
  let changed = message;
  for (let count = 1 + random(3); count > 0; count--) changed = mutateOnce(random, changed);
  return changed;
}

function mutateOnce(random: Random, message: Buffer): Buffer {
  const at = random(message.length + 1);
  const to = Math.min(message.length, at + random(40));
  const [before, part, after] = [message.subarray(0, at), message.subarray(at, to), message.subarray(to)];
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, part, part, after]);
    case 2:
      return Buffer.concat([before, Buffer.from([random(256)]), part, after]);
    case 3:
      return before;
    default: {
      const changed = Buffer.from(message);
      if (at < changed.length) changed[at] = random(2) === 0 ? random(256) : (changed[at] ?? 0) ^ (1 << random(8));
      return changed;
    }
  }
}

function randomRequest(random: Random): Buffer {
  const http = some(random, 97, () => bytes(2, randomHttp(random)));
  return Buffer.concat(shuffled(random, [...http, ...some(random, 50, () => bytes(1, randomBytes(random, 9)))]));
}

function randomHttp(random: Random): Buffer {
  const isRaw = random(2) === 0;
  const isBoth = random(20) === 0;
  return Buffer.concat(
    shuffled(random, [
      ...some(random, 80, () => bytes(1, Buffer.from('1234'))),
      ...some(random, 98, () => bytes(2, text(random, ['GET', 'POST', 'post', '']))),
      ...(isRaw && !isBoth ? [] : headers(random).map(([name, value]) => entry(3, name, value))),
      ...some(random, 98, () => bytes(4, text(random, PATHS))),
      ...some(random, 98, () => bytes(5, text(random, ['api.example.com', 'a:8080', '']))),
      ...some(random, 30, () => number(9, random(1 << 30))),
      ...some(random, 20, () => bytes(random(2) === 0 ? 11 : 12, randomBytes(random, 300))),
      ...(isRaw || isBoth ? some(random, 98, () => bytes(13, headerMap(random))) : []),
      ...some(random, 3, () => randomField(random)),
    ]),
  );
}

function headerMap(random: Random): Buffer {
  const list = headers(random).map(([name, value]) => {
    const parts = [
      bytes(1, name),
      ...some(random, 20, () => bytes(2, value)),
      ...some(random, 90, () => bytes(3, value)),
    ];
    return bytes(1, Buffer.concat(random(60) === 0 ? parts.toReversed() : parts));
  });
  return Buffer.concat(list);
}

function headers(random: Random): (readonly [name: Buffer, value: Buffer])[] {
  const repeats = random(4) === 0;
  const names = new Map<string, readonly [Buffer, Buffer]>();
  return Array.from({ length: random(24) }, () => [text(random, NAMES), text(random, VALUES)] as const).filter(
    (pair) => {
      const key = pair[0].toString('latin1');
      const isNew = !names.has(key);
      names.set(key, pair);
      return isNew || (repeats && random(3) === 0);
    },
  );
}

function randomPeer(random: Random): Buffer {
  const socket = bytes(
    1,
    Buffer.concat([bytes(2, text(random, ['192.0.2.1', '::1', 'x'])), number(3, random(65_536))]),
  );
  const address = some(random, 95, () => bytes(1, socket));
  return Buffer.concat(shuffled(random, [...address, ...some(random, 20, () => bytes(5, text(random, ['x%20y'])))]));
}

function randomMetadata(random: Random): Buffer {
  const values = shuffled(random, [
    ...some(random, 90, () => value('is_mcp_request', number(4, 1))),
    ...some(random, 90, () => value('method', bytes(3, text(random, ['tools/call', 'ping'])))),
    ...some(random, 90, () => value('jsonrpc', bytes(3, Buffer.from('2.0')))),
    ...some(random, 10, () => value('status', bytes(3, Buffer.from('mcp_ok')))),
    ...some(random, 10, () => value('passthrough_reason', number(1, 0))),
    ...some(random, 80, () => value('params', bytes(5, value('name', bytes(3, text(random, ['a', 'b'])))))),
  ]);
  const namespaces = shuffled(random, [
    ...some(random, 90, () => pair(1, Buffer.from('envoy.filters.http.mcp'), Buffer.concat(values))),
    ...some(random, 20, () =>
      pair(1, Buffer.from('sallyport.kept'), value('x', Buffer.from([0x11, 0, 0, 0, 0, 0, 0, 0, 0]))),
    ),
  ]);
  return Buffer.concat(namespaces);
}

/** An entry of a `google.protobuf.Struct`. */
function value(name: string, content: Buffer): Buffer {
  return pair(1, Buffer.from(name), content);
}

function entry(field: number, name: string | Buffer, content: string | Buffer): Buffer {
  return pair(field, Buffer.from(name), Buffer.from(content));
}

function pair(field: number, name: Buffer, content: Buffer): Buffer {
  return bytes(field, Buffer.concat([bytes(1, name), bytes(2, content)]));
}

/** Usually one of these, sometimes with other bytes in it. */
function text(random: Random, among: readonly string[]): Buffer {
  const chosen = Buffer.from(among[random(among.length)] ?? '', 'latin1');
  if (random(12) !== 0) return chosen;
  const odd = ['\xff', '\u00e9', '\u212a', '_', 'A', '\0'][random(6)] ?? '';
  const at = random(chosen.length + 1);
  return Buffer.concat([
    chosen.subarray(0, at),
    Buffer.from(odd, odd === '\xff' ? 'latin1' : 'utf8'),
    chosen.subarray(at),
  ]);
}

/** None or, with this chance of 100, one; sometimes two. */
function some(random: Random, chance: number, make: () => Buffer): Buffer[] {
  if (random(100) >= chance) return [];
  return random(150) === 0 ? [make(), make()] : [make()];
}

/** In this order as a rule. */
function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  if (random(8) !== 0) return [...items];
  return items
    .map((item) => [random(1000), item] as const)
    .toSorted(([left], [right]) => left - right)
    .map(([, item]) => item);
}

function randomField(random: Random): Buffer {
  const field = 1 + random(random(2) === 0 ? 16 : 5_000);
  const type = random(8);
  const tag = varint(field * 8 + type);
  const length = random(12);
  if (type === 2) return Buffer.concat([tag, varint(length), randomBytes(random, length, true)]);
  return Buffer.concat([tag, type === 1 ? Buffer.alloc(8) : type === 5 ? Buffer.alloc(4) : varint(random(1 << 30))]);
}

function randomBytes(random: Random, most: number, isExact = false): Buffer {
  return Buffer.from(Array.from({ length: isExact ? most : random(most + 1) }, () => random(256)));
}

function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function number(field: number, content: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(content)]);
}

function varint(content: number): Buffer {
  const out: number[] = [];
  let rest = content;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80);
  return Buffer.from([...out, rest]);
}
