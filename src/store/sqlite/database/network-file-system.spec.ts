import { expect, it } from 'vitest';
import { findNetworkFileSystem, networkFileSystemName } from './network-file-system.ts';

it.each([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  // The same number as a signed integer.
  [-11317950, 'CIFS'],
  [0xef53, undefined],
])('networkFileSystemName(%d) returns %s', (type, name) => {
  expect(networkFileSystemName(type)).toBe(name);
});

it('findNetworkFileSystem() resolves to undefined if the directory does not exist', async () => {
  expect(await findNetworkFileSystem('/no/such/directory/store.db')).toBeUndefined();
});
