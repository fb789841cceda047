import { BlockList, isIP } from 'node:net';

/** Compiled once a configuration, whose list it goes with. */
const compiled = new WeakMap<readonly string[], BlockList>();

/** Whether a peer's address is in one of the ranges; IPv4 addresses in their IPv6 form too. */
export function isTrusted(address: string, ranges: readonly string[]): boolean {
  const list = compiled.get(ranges) ?? compile(ranges);
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function compile(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  compiled.set(ranges, list);
  return list;
}
