import { isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** What one client has of the address space: an IPv4 address, in its IPv6 form too, or an IPv6 network of 64 bits. */
export function addressBlock(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  // The rest of it after `::` is as long as it must be.
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (text: string): string[] => text.split(':').filter(Boolean);
  const given = groups(head);
  const after = tail === undefined ? [] : groups(tail.replace(/\d+\.\d+\.\d+\.\d+$/, '0:0'));
  const zeros = tail === undefined ? 0 : 8 - given.length - after.length;
  const all = [...given, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
