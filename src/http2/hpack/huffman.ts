/**
 * The lengths of the codes of the bytes 0 to 255 and of EOS in bits, as digits of base 36. The code is canonical: codes of
 * one length follow each other in the order of their symbols. RFC 7541, appendix B.
 */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f565' +
  '65666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmp' +
  'qqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';
const EOS = 256;

/**
 * A step of the decoder: the next state in its lowest 8 bits, the symbol in the next 8, and these bits. A state is an inner
 * node of the tree of codes, a step takes it further by 4 bits. No code is shorter than 5, so a step has at most one symbol.
 */
const EMITTED = 16;
const EMITS = 1 << EMITTED;
const FAILS = 1 << 17;
/** The input may end here: after a symbol, or after at most 7 bits of padding, all ones. RFC 7541, section 5.2. */
const MAY_END = 1 << 18;

let steps: Uint32Array | undefined;

/**
 * Decodes `bytes` from `start` to `end` and writes the symbols to the beginning of `output`, which must have room for 8/5 of
 * the length and one more. Returns the number of symbols; -1 for the code of EOS or for wrong padding. RFC 7541, section 5.2.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, output: Uint8Array): number {
  steps ??= makeSteps();
  // Without a branch on the symbol: whether a step has one is as random as the text, and a wrong guess costs more than a write.
  const table = steps;
  let step = MAY_END;
  let failed = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    step = table[((step & 0xff) << 4) | (byte >> 4)] ?? FAILS;
    failed |= step;
    output[length] = step >> 8;
    length += (step >> EMITTED) & 1;
    step = table[((step & 0xff) << 4) | (byte & 15)] ?? FAILS;
    failed |= step;
    output[length] = step >> 8;
    length += (step >> EMITTED) & 1;
  }
  return (failed & FAILS) === 0 && (step & MAY_END) !== 0 ? length : -1;
}

function makeSteps(): Uint32Array {
  const tree = makeTree();
  const made = new Uint32Array(tree.length * 8);
  const ends = statesThatMayEnd(tree);
  for (let at = 0; at < made.length; at++) {
    let state = at >> 4;
    let flags = 0;
    for (let bit = 3; bit >= 0; bit--) {
      const next = tree[2 * state + ((at >> bit) & 1)] ?? 0;
      state = Math.max(next, 0);
      if (next < 0) flags |= ~next === EOS ? FAILS : EMITS | (~next << 8);
    }
    made[at] = flags | state | (ends.has(state) ? MAY_END : 0);
  }
  return made;
}

/** Returns two numbers for each inner node, for a bit 0 and 1: an inner node, or the complement of a symbol. */
function makeTree(): Int16Array {
  const tree = new Int16Array(2 * EOS);
  let nodes = 1;
  let code = 0;
  for (let length = 5; length <= 30; length++, code <<= 1) {
    for (let symbol = 0; symbol <= EOS; symbol++) {
      if (Number.parseInt(LENGTHS.charAt(symbol), 36) !== length) continue;
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const edge = 2 * node + ((code >> bit) & 1);
        if (tree[edge] === 0) tree[edge] = nodes++;
        node = tree[edge] ?? 0;
      }
      tree[2 * node + (code & 1)] = ~symbol;
      code++;
    }
  }
  return tree;
}

function statesThatMayEnd(tree: Int16Array): ReadonlySet<number> {
  const states = [0];
  while (states.length < 8) states.push(tree[2 * (states.at(-1) ?? 0) + 1] ?? 0);
  return new Set(states);
}
