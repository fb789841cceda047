import { isIPv6 } from 'node:net';

/**
 * Returns the part of the address space that one client typically controls: an IPv4 address, or an IPv6 network with a
 * 64-bit prefix. An IPv6 address that represents an IPv4 address, in any spelling, gives that IPv4 address: mapped
 * (`::ffff:0:0/96`, RFC 4291, section 2.5.5.2) or NAT64 (`64:ff9b::/96`, RFC 6052, section 2.1). Any other string is
 * returned unchanged.
 */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  return ipv4In(groups) ?? `${groups.slice(0, 4).map(hex).join(':')}::/64`;
}

/** Returns the eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = withoutDots(address.split('%')[0] ?? '').split('::');
  const read = (text: string): number[] =>
    text
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const [before, after] = [read(head), read(tail ?? '')];
  // `::` stands for as many zero groups as are missing.
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

/** Converts a dotted IPv4 part at the end of an IPv6 address to two groups. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: readonly string[]) => {
    const [first = 0, second = 0, third = 0, fourth = 0] = parts.slice(0, 4).map(Number);
    return `${hex(first * 256 + second)}:${hex(third * 256 + fourth)}`;
  });
}

function ipv4In(groups: readonly number[]): string | undefined {
  const prefix = groups.slice(0, 6).map(hex).join(':');
  if (prefix !== '0:0:0:0:0:ffff' && prefix !== '64:ff9b:0:0:0:0') return undefined;
  return groups
    .slice(6)
    .flatMap((group) => [Math.floor(group / 256), group % 256])
    .join('.');
}

function hex(group: number): string {
  return group.toString(16);
}
