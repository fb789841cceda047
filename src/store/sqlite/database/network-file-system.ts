import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** By `f_type` of statfs(2), Linux only: file systems that other machines share, or may share. */
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

/** Returns the name of a network file system by its `f_type`, which may be a signed or an unsigned number. */
export function networkFileSystemName(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}

/**
 * Resolves to the name of the network file system that holds a store's file, so that the caller can warn. The
 * write-ahead log needs memory that all users of the file share, so changes from another machine go unnoticed and may
 * corrupt the file (https://sqlite.org/wal.html). Resolves to `undefined` for a local or unknown file system.
 */
export async function findNetworkFileSystem(path: string): Promise<string | undefined> {
  try {
    return networkFileSystemName((await statfs(dirname(path))).type);
  } catch {
    return undefined;
  }
}
