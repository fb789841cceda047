import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** `f_type` of statfs(2), Linux only: file systems that other machines may share, or that do not say whether they do. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x65735546, 'FUSE'],
]);

/** The name of a network file system by its `f_type`, whose high bit may have been read as a sign. */
export function networkFileSystemName(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}

/**
 * The name of the network file system that a store's file lies on, so that somebody can be warned: the write-ahead
 * log needs memory that all of the file's users share, so changes made on another machine are not heard and may
 * corrupt the file (https://sqlite.org/wal.html). `undefined` where it lies on none, or that cannot be told.
 */
export async function findNetworkFileSystem(path: string): Promise<string | undefined> {
  try {
    return networkFileSystemName((await statfs(dirname(path))).type);
  } catch {
    return undefined;
  }
}
