import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHECK, judge } from '../../../../test/support/checks/judge.ts';
import { mutated, randomCheck, randomFrom } from '../../../../test/support/checks/random-checks.ts';
import { allowed, gatewayOf, HEADERS, IGNORED_TRANSPORT, transportOf } from '../../../../test/support/ext-authz.ts';
import { IGNORED_CONNECTIONS } from '../../../../test/support/http2/ignored-connections.ts';
import { TRANSPORTS } from '../../../config/transport-config.ts';
import type { Decision } from '../../../core/decision.ts';
import { deny } from '../../../core/decision.ts';
import type { AccessRequest } from '../../../core/request.ts';
import { Health } from '../../../observe/health.ts';
import { CHECK_PATH, type ExtAuthzDoor } from '../door.ts';
import { headerName } from '../header-name.ts';
import type { CheckResponse } from '../messages.ts';
import { openExtAuthz } from '../service.ts';
import { loadExtAuthz } from './grpc-js/definition.ts';

const MESSAGES = Number(process.env['FUZZED_CALLS'] ?? 600);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const AT_ONCE = 100;
/** gRPC's INVALID_ARGUMENT, INTERNAL and UNAVAILABLE. */
const [INVALID_ARGUMENT, INTERNAL, UNAVAILABLE] = [3, 13, 14];
const WANTED = new Set(['cookie', 'x-api-key', 'origin']);
const TERMS = { isDisguised: (name: string) => HEADERS.isDisguised(name), wantedFields: WANTED };

const DEFINITION = loadExtAuthz();
const doors: ExtAuthzDoor[] = [];

beforeAll(async () => {
  const gateway = gatewayOf(decide, { wantedFields: WANTED });
  const observer = { ...IGNORED_CONNECTIONS, handshakeFailed: () => {}, forwardedForIgnored: () => {} };
  const parts = {
    gateway: () => gateway,
    failed: () => {},
    health: new Health(),
    observer,
    transport: IGNORED_TRANSPORT,
  };
  const address = { host: '127.0.0.1', port: 0 };
  for (const kind of TRANSPORTS) {
    doors.push(await openExtAuthz({ address, tls: undefined, transport: transportOf(kind) }, parts));
  }
});

afterAll(async () => {
  await Promise.all(doors.map((door) => door.close(500)));
});

/** Repeats in the answer all that was read. Waits before some of them. */
function decide(request: AccessRequest): Decision | Promise<Decision> {
  if (request.path === '*') return deny('path_rejected', undefined, 'path');
  // The peer is read late, and one that two parsers read differently has no address: `check-reader.fuzz` compares it.
  const { client: _client, certificate: _certificate, fields, ...others } = request;
  const decision = (): Decision => {
    const told = Object.entries(others).toSorted(([left], [right]) => (left < right ? -1 : 1));
    return allowed({ subject: JSON.stringify([told, [...(fields ?? [])]]) });
  };
  if (request.host !== '') return decision();
  return new Promise((resolve) => setImmediate(() => resolve(decision())));
}

type Reply = Buffer | number;

function readable(reply: Reply | undefined): CheckResponse | number | undefined {
  // What the definition of the service says.
  return Buffer.isBuffer(reply) ? (DEFINITION.Check.responseDeserialize(reply) as CheckResponse) : reply;
}

function isUnavailable(answer: ReturnType<typeof readable>): boolean {
  return typeof answer === 'object' && answer.status.code === UNAVAILABLE;
}

function call(client: Client, message: Buffer): Promise<Reply> {
  return new Promise((resolve) => {
    const settle = (error: ServiceError | null, reply?: Buffer): void => resolve(reply ?? error?.code ?? -1);
    client.makeUnaryRequest(
      CHECK_PATH,
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      message,
      settle,
    );
  });
}

it(`answers ${MESSAGES} random and broken messages the same over both transports`, async () => {
  const clients = doors.map(({ address }) => new Client(address, credentials.createInsecure()));
  const random = randomFrom(SEED);
  const concerns = (key: string): boolean => {
    const { role, isWanted } = headerName(key, TERMS);
    return role !== 'none' || isWanted;
  };
  // A check with metadata that one of them cannot read for certain is denied: `check-reader.fuzz` compares it.
  const counts = { same: 0, refused: 0, unavailable: 0 };
  for (let done = 0; done < MESSAGES; done += AT_ONCE) {
    const messages = Array.from({ length: AT_ONCE }, (_, index) => {
      const whole = randomCheck(random);
      return index % 3 === 0 ? mutated(random, whole) : whole;
    });
    const replies = await Promise.all(
      messages.map((message) => Promise.all(clients.map((client) => call(client, message)))),
    );
    for (const [index, [fast, reference]] of replies.entries()) {
      const message = messages[index] ?? Buffer.alloc(0);
      const isRefused = judge(message, CHECK, concerns) !== undefined;
      const [answer, expected] = [readable(fast), readable(reference)];
      const outcome = isRefused ? 'refused' : [answer, expected].some(isUnavailable) ? 'unavailable' : 'same';
      counts[outcome] += 1;
      const text = `seed ${SEED}: ${message.toString('base64')}`;
      if (isRefused) {
        expect(fast, text).toBe(INVALID_ARGUMENT);
        expect(Buffer.isBuffer(reference) || reference === INTERNAL, text).toBe(true);
      } else if (outcome === 'same') {
        expect(answer, text).toEqual(expected);
      }
    }
  }
  for (const client of clients) client.close();
  if (MESSAGES > 10_000) process.stdout.write(`${JSON.stringify({ seed: SEED, ...counts })}\n`);
  expect(counts.same).toBeGreaterThan(counts.refused);
  expect(counts.unavailable).toBeLessThan(MESSAGES / 20);
}, 3_600_000);
