import { expect, it } from 'vitest';
import { ownersOf, parseView } from './cluster-view.ts';

const ASKED = { host: '10.0.0.9', port: 7_009 };

/** As Redis 6.2, 7.0 and 7.2 write their lines. */
const TEXT = [
  'f906 127.0.0.1:16473@26473 master - 0 1795350132024 3 connected 10923-16383',
  '7d7c ::1:19983@29983,two.example master,fail - 0 1795350131211 12 connected 5462 5464-10922',
  '899a 10.0.0.4:21554@31554,,shard-id=69bc slave f906 0 1795350131923 3 connected',
  '1036 :0@0 master,noaddr - 0 1795350131923 0 disconnected',
  '2047 10.0.0.6:7006@17006 handshake - 0 0 0 disconnected',
  '35a5 :7001@17001 myself,master - 0 1795350131000 1 connected 0-5461 5463 [5463->-7d7c] [77-<-f906]',
  '4711 10.0.0.7:7007@17007 master,fail? - 0 1795350131923 0 connected',
  '',
].join('\n');

it('parseView() parses the reply of CLUSTER NODES', () => {
  const view = parseView(TEXT, ASKED);
  const rest = { isPrimary: true, hasFailed: false };
  expect(view).toEqual({
    self: '35a5',
    handsOverTo: ['7d7c'],
    nodes: [
      { ...rest, id: 'f906', host: '127.0.0.1', ip: '127.0.0.1', port: 16_473, epoch: 3, slots: [[10_923, 16_383]] },
      {
        id: '7d7c',
        host: 'two.example',
        ip: '::1',
        port: 19_983,
        isPrimary: true,
        hasFailed: true,
        epoch: 12,
        slots: [
          [5_462, 5_462],
          [5_464, 10_922],
        ],
      },
      { ...rest, id: '899a', host: '10.0.0.4', ip: '10.0.0.4', port: 21_554, isPrimary: false, epoch: 3, slots: [] },
      {
        ...rest,
        id: '35a5',
        host: '10.0.0.9',
        ip: '10.0.0.9',
        port: 7_001,
        epoch: 1,
        slots: [
          [0, 5_461],
          [5_463, 5_463],
        ],
      },
      { ...rest, id: '4711', host: '10.0.0.7', ip: '10.0.0.7', port: 7_007, epoch: 0, slots: [] },
    ],
  });
  expect(ownersOf(view).map(({ id }) => id)).toEqual(['f906', '7d7c', '35a5']);
});
