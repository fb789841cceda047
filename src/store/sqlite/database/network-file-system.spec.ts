import { expect, it } from 'vitest';
import { findNetworkFileSystem, networkFileSystemName } from './network-file-system.ts';

it.each([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  // The same number, read as a signed one.
  [-11317950, 'CIFS'],
  [0xef53, undefined],
])('networkFileSystemName(%d) is %s', (type, name) => {
  expect(networkFileSystemName(type)).toBe(name);
});

it('findNetworkFileSystem() finds none where there is no such directory', async () => {
  expect(await findNetworkFileSystem('/no/such/directory/store.db')).toBeUndefined();
});
