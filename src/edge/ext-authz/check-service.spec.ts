import { describe, expect, it } from 'vitest';
import { allowed, BROKEN_DECIDERS, type Decide, gatewayOf, ROUTE } from '../../../test/support/ext-authz.ts';
import type { Decision } from '../../core/decision.ts';
import { deny } from '../../core/decision.ts';
import type { AccessRequest } from '../../core/request.ts';
import type { Gateway } from '../gateway.ts';
import { createCheckService } from './check-service.ts';
import type { CheckResponse } from './messages.ts';
import { loadPackage } from './transports/grpc-js/definition.ts';
import { createLoadedDecoder } from './transports/grpc-js/loaded-decoder.ts';
import { OVER_LIMIT } from './wire/over-limit.ts';
import { createWireDecoder } from './wire/wire-decoder.ts';

const loaded = loadPackage();
const { Check } = loaded.service;
const SOURCE = loaded.peer.serialize({ address: { socket_address: { address: '192.0.2.1' } } });
const PSEUDO = { ':method': 'POST', ':path': '/x', ':authority': 'a' };

/** The service over both decoders, of which each takes the bytes of a message. */
function open(decide: Decide, gateway: () => Gateway = () => gatewayOf(decide)) {
  const failures: unknown[] = [];
  const failed = (error: unknown): unknown => failures.push(error);
  const parts = { gateway, failed, observer: { forwardedForIgnored: () => {} } };
  const byLoader = createCheckService(parts, (...decoderParts) => createLoadedDecoder(loaded, ...decoderParts));
  const services = {
    wire: createCheckService(parts, createWireDecoder),
    'proto loader': (message: Buffer) => byLoader(Check.requestDeserialize(message), undefined),
  };
  return { services, failures };
}

function checkWith(attributes: object = {}, headers: object = PSEUDO): Buffer {
  const request = { http: { method: 'POST', path: '/x', host: 'a', headers } };
  return Check.requestSerialize({ attributes: { source: SOURCE, request, ...attributes } });
}

function read(answer: unknown): CheckResponse {
  if (!Buffer.isBuffer(answer)) throw new Error('no answer');
  // What the definition of the service says.
  return Check.responseDeserialize(answer) as CheckResponse;
}

const UNAVAILABLE = { status: { code: 14 }, denied_response: { status: { code: 503 } } };

describe.each(['wire', 'proto loader'] as const)('the check service over the %s', (reader) => {
  it('answers at once what is decided at once', () => {
    const { services, failures } = open(() => allowed({}));
    expect(read(services[reader](checkWith(), undefined))).toMatchObject({ status: { code: 0 } });
    expect(failures).toEqual([]);
  });

  it('keeps the bytes of an awaited answer as they are, and what the request says of the client', async () => {
    const { promise, resolve } = Promise.withResolvers<Decision>();
    const seen: AccessRequest[] = [];
    const { services } = open((request) => {
      seen.push(request);
      return request.path === '/x' ? promise : { ...allowed({ subject: 'another' }), keepMs: 5 };
    });
    const message = checkWith();
    const answer = services[reader](message, undefined);
    // The proto loader keeps parts of the message itself.
    if (reader === 'wire') message.fill(0x31);
    expect(seen[0]?.client?.()).toBe('192.0.2.1');
    resolve({ ...allowed({ subject: 'one' }), keepMs: 7 });
    const bytes = await answer;
    const before = read(bytes);
    const other = Check.requestSerialize({
      attributes: { request: { http: { method: 'GET', path: '/y', headers: PSEUDO } } },
    });
    expect(read(services[reader](other, undefined)).dynamic_metadata.fields['keep_ms']).toMatchObject({
      numberValue: 5,
    });
    expect(read(bytes)).toEqual(before);
    expect(before.dynamic_metadata.fields['keep_ms']).toMatchObject({ numberValue: 7 });
  });

  it.each(BROKEN_DECIDERS)('denies, and reports it, if the decider %s', async (_, decide) => {
    const { services, failures } = open(decide);
    expect(read(await services[reader](checkWith(), undefined))).toMatchObject(UNAVAILABLE);
    expect(failures).toHaveLength(1);
  });

  it('denies if there is no configuration, and if the metadata cannot be read', () => {
    const { services, failures } = open(
      () => allowed({}),
      () => {
        throw new Error('a bug');
      },
    );
    expect(read(services[reader](checkWith(), undefined))).toMatchObject(UNAVAILABLE);
    const metadata_context = Buffer.from([0x0a, 0x7f]);
    const another = open(() => allowed({}));
    expect(read(another.services[reader](checkWith({ metadata_context }), undefined))).toMatchObject(UNAVAILABLE);
    expect([failures.length, another.failures.length]).toEqual([1, 1]);
  });

  it('takes up another configuration with the next check', () => {
    let gateway = gatewayOf(() => allowed({}));
    const { services } = open(
      () => allowed({}),
      () => gateway,
    );
    const check = checkWith({}, { ...PSEUDO, 'x-odd_name': 'a' });
    expect(read(services[reader](check, undefined))).toMatchObject({ status: { code: 0 } });
    gateway = gatewayOf(() => deny('token_revoked', ROUTE, 'signature'));
    expect(read(services[reader](check, undefined))).toMatchObject({ status: { code: 16 } });
  });
});

describe('the check service over the wire', () => {
  it('says nothing of another client if a request outlives a failure', () => {
    const seen: AccessRequest[] = [];
    const { services } = open((request) => {
      seen.push(request);
      throw new Error('a bug');
    });
    const message = checkWith();
    const other = Buffer.from(message.toString('latin1').replaceAll('192.0.2.1', '192.0.2.9'), 'latin1');
    expect(read(services.wire(message, undefined))).toMatchObject(UNAVAILABLE);
    other.copy(message);
    expect(seen[0]?.client?.()).not.toBe('192.0.2.9');
  });

  it('refuses what is no check for certain, and only that', () => {
    const { services, failures } = open(() => allowed({}));
    const twice = Buffer.concat([checkWith(), checkWith()]);
    expect(services.wire(twice, undefined)).toMatchObject({ code: 3 });
    expect(failures).toEqual([]);
  });

  it('has a check that was too long decided as one that is denied, with the trace of the call', () => {
    const seen: AccessRequest[] = [];
    const { services } = open((request) => {
      seen.push(request);
      return deny('path_rejected', undefined, request.flaw ?? 'path');
    });
    expect(read(services.wire(OVER_LIMIT, 'of the gateway'))).toMatchObject({ status: { code: 3 } });
    expect(seen).toMatchObject([{ flaw: 'check too long', traceparent: 'of the gateway' }]);
  });
});
