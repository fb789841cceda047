import type { Peer } from '../messages.ts';
import { FieldCursor } from './field-cursor.ts';

const ADDRESS = 1;
const CERTIFICATE = 5;
const SOCKET_ADDRESS = 1;
const HOST = 2;

/** Reads a {@link Peer}. Throws if it cannot be read for certain, as when a field occurs twice. */
export function readPeer(bytes: Buffer): Peer {
  const certificate = onlyField(bytes, CERTIFICATE);
  const socketAddress = onlyField(onlyField(bytes, ADDRESS), SOCKET_ADDRESS);
  const address = textIn(onlyField(socketAddress, HOST));
  return { address: { socket_address: { address } }, certificate: textIn(certificate) };
}

/** Returns the content of the one field with this number; empty if it is absent. Throws if there are two. */
function onlyField(bytes: Buffer, field: number): Buffer {
  const cursor = new FieldCursor();
  cursor.enter(bytes, 0, bytes.length);
  let found: Buffer | undefined;
  while (cursor.next()) {
    if (cursor.field !== field) continue;
    if (!cursor.isBytes || found !== undefined) throw new Error('the peer cannot be read for certain');
    found = bytes.subarray(cursor.from, cursor.to);
  }
  if (cursor.isBroken) throw new Error('the peer cannot be read');
  return found ?? bytes.subarray(0, 0);
}

function textIn(bytes: Buffer): string {
  return bytes.toString();
}
