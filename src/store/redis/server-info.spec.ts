import { expect, it } from 'vitest';
import { parseServerInfo } from './server-info.ts';

it.each([
  ['role:master\r\nloading:0', { isPrimary: true, isLoading: false, evictionPolicy: undefined }],
  [
    '# Memory\r\nmaxmemory_policy:noeviction\r\n\r\nrole:slave\r\nloading:1',
    {
      isPrimary: false,
      isLoading: true,
      evictionPolicy: 'noeviction',
    },
  ],
  ['', { isPrimary: false, isLoading: false, evictionPolicy: undefined }],
])('parseServerInfo(%j)', (text, info) => {
  expect(parseServerInfo(text)).toEqual(info);
});
