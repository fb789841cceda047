import { expect, it } from 'vitest';
import { parseServerInfo } from './server-info.ts';

it.each([
  [
    'role:master\r\nloading:0',
    { isPrimary: true, isLoading: false, replicas: 0, isClusterNode: false, evictionPolicy: undefined },
  ],
  [
    '# Memory\r\nmaxmemory_policy:noeviction\r\n\r\nrole:slave\r\nloading:1\r\nconnected_slaves:2\r\ncluster_enabled:1',
    {
      isPrimary: false,
      isLoading: true,
      replicas: 2,
      isClusterNode: true,
      evictionPolicy: 'noeviction',
    },
  ],
  ['', { isPrimary: false, isLoading: false, replicas: 0, isClusterNode: false, evictionPolicy: undefined }],
])('parseServerInfo(%j)', (text, info) => {
  expect(parseServerInfo(text)).toEqual(info);
});
