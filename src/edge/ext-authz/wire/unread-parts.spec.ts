import { describe, expect, it } from 'vitest';
import { UnreadParts } from './unread-parts.ts';

const MESSAGE = 'before|the peer|between|192.0.2.7|behind';

function partsOf(message: Buffer): UnreadParts {
  const parts = new UnreadParts(message);
  parts.noteForwardedFor(24, 33, 'text');
  parts.noteSource(7, 15);
  return parts;
}

describe('UnreadParts', () => {
  it.each(['both', 'only the peer', 'only the forwarded address', 'nothing'])(
    'keeps its parts once detached: %s',
    (noted) => {
      const message = Buffer.from(MESSAGE);
      const parts = new UnreadParts(message);
      if (noted === 'both' || noted === 'only the forwarded address') parts.noteForwardedFor(24, 33, 'text');
      if (noted === 'both' || noted === 'only the peer') parts.noteSource(7, 15);
      const before = [parts.source?.toString(), parts.forwardedFor];
      parts.detach();
      message.fill('x');
      expect([parts.source?.toString(), parts.forwardedFor]).toEqual(before);
    },
  );

  it('keeps nothing of a long message but its parts', () => {
    const parts = partsOf(Buffer.concat([Buffer.from(MESSAGE), Buffer.alloc(1_000_000)]));
    parts.detach();
    expect(parts.source?.buffer.byteLength).toBeLessThan(100_000);
  });

  it('says nothing more once released', () => {
    const parts = partsOf(Buffer.from(MESSAGE));
    parts.release();
    expect([parts.source, parts.forwardedFor, parts.hasSource]).toEqual([undefined, undefined, false]);
  });
});
