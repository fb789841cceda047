import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GATEWAYS } from '../../deploy/gateways/kinds.ts';
import type { ForwardAuthMode } from '../../src/config/config.ts';
import { answerTo } from '../../src/core/answer.ts';
import { type Deny, deny } from '../../src/core/decision.ts';
import { UpstreamHeaderWriter } from '../../src/core/upstream/upstream-headers.ts';
import { basicNotice } from '../../src/edge/basic-notice.ts';
import { encodeAuth } from '../../src/edge/forward-auth/encode.ts';
import { makeRoute } from '../support/core.ts';
import { type FakeVerify, startFakeVerify } from '../support/servers/gateways/fake-verify.ts';
import { installedGateways, type RunningGateway, startGateway } from '../support/servers/gateways/gateway.ts';
import { INGRESS_NGINX } from '../support/servers/gateways/ingress-nginx.ts';
import { OWN_REFUSALS } from '../support/servers/gateways/own-refusals.ts';
import {
  DENIAL_STATUSES,
  type DenialStatus,
  PASSED_ON,
  type PassedOn,
  passedOnTable,
} from '../support/servers/gateways/passed-on.ts';
import { valuesOf } from '../support/servers/gateways/raw-exchange.ts';
import { readForwardAuth, throughTraefik } from '../support/servers/gateways/traefik.ts';
import { TRAEFIK_RECORDINGS } from '../support/servers/gateways/traefik-recordings.ts';
import { type HttpRequest, type HttpResponse, sendRequest } from '../support/servers/http-client.ts';
import { sendHttp2Request } from '../support/servers/http2-client.ts';
import { freePorts } from '../support/servers/ports.ts';
import { type Services, startServices } from '../support/servers/services.ts';

/** A denial for each status that Sallyport answers with. */
const DENIALS: Readonly<Record<DenialStatus, Deny>> = {
  400: deny('path_rejected', undefined, 'path'),
  401: { ...deny('credentials_required', undefined, 'no credential'), offersBasic: true },
  403: deny('scope_required', makeRoute({ requirement: { kind: 'allOf', scopes: ['devices:list'] } }), 'scope'),
  429: { ...deny('too_many_attempts', undefined, 'password queue is full'), retryAfterSeconds: 30 },
  503: { ...deny('unavailable', undefined, 'verification not known'), retryAfterSeconds: 7 },
};
const NOTICE = basicNotice(Date.UTC(2027, 5, 30));
const HEADERS = new UpstreamHeaderWriter(
  {
    subject: 'x-auth-subject',
    scopes: 'x-auth-scopes',
    tokenId: 'x-auth-token-id',
    issuer: 'x-auth-issuer',
    scheme: 'x-auth-scheme',
  },
  false,
);
const NOTHING_SHOWN = { credentials: [], disguised: [] };
const BODY = '{"recipient":"+15550100"}';
/** An address that the client names. */
const SPOOFED = '203.0.113.9';

describe('docs/gateways/README.md', () => {
  const page = readFileSync(new URL('../../docs/gateways/README.md', import.meta.url), 'utf8');

  it('has the table', () => {
    expect(page).toContain(passedOnTable());
  });

  it.each(Object.values(OWN_REFUSALS).flat())('says: $why', ({ why }) => {
    expect(page.replaceAll(/\s+/g, ' ')).toContain(why);
  });
});

describe.each(await installedGateways([...GATEWAYS, INGRESS_NGINX]))('$label', ({ kind, isMissing }) => {
  let services: Services;
  let verify: FakeVerify;
  let gateway: RunningGateway;

  beforeAll(async () => {
    if (isMissing) return;
    services = await startServices();
    verify = await startFakeVerify();
    gateway = await startGateway(kind, { verify: verify.port, tokens: verify.port, ...services.ports });
  });

  afterAll(async () => {
    if (isMissing) return;
    await gateway.close();
    verify.close();
    services.close();
  });

  it.skipIf(isMissing)('passes on of an answer what docs/gateways/README.md says', async () => {
    const answers = await measure(verify, kind.mode, () => sendRequest(request(gateway.port)));
    const asked = verify.asked.at(-1)?.headers ?? {};
    // A proxy appends the address that it sees.
    const seen = String(asked['x-forwarded-for']).split(',').at(-1)?.trim() ?? '';
    const measured: PassedOn = {
      title: kind.title,
      runs: true,
      ...answers,
      unreachable: await statusWhileAway(),
      clientAddress: isIP(seen) !== 0 && seen !== SPOOFED,
      http2: await speaksHttp2(),
      requestBody: (asked['content-length'] ?? '0') !== '0' || asked['transfer-encoding'] !== undefined,
    };
    expect(measured).toEqual(PASSED_ON[kind.name]);
  });

  async function speaksHttp2(): Promise<boolean> {
    return sendHttp2Request(request(gateway.port)).then(
      ({ status }) => status === 202,
      () => false,
    );
  }

  async function statusWhileAway(): Promise<number> {
    const [closed = 0] = await freePorts(1);
    const other = await startGateway(kind, { verify: closed, tokens: closed, ...services.ports });
    try {
      return (await sendRequest(request(other.port))).status;
    } finally {
      await other.close();
    }
  }
});

it.each(TRAEFIK_RECORDINGS)(
  'Traefik, replayed, passes on what docs/gateways/README.md says: $name',
  async (recording) => {
    const verify = await startFakeVerify();
    onTestFinished(() => verify.close());
    const answers = await measure(verify, 'forwarded', async () => {
      const client = { method: 'POST', path: '/3rdparty/v1/messages', host: 'gateway', headers: [] };
      const outcome = await throughTraefik(verify.port, recording, client, readForwardAuth());
      // Traefik passes nothing of an answer that allows on to the client.
      if (outcome.outcome === 'passes') return { status: 202, headers: {}, challenges: [], body: '' };
      const { status, fields, body } = outcome.answer;
      const headers = Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
      return { status, headers, challenges: valuesOf(fields, 'www-authenticate'), body };
    });
    expect(PASSED_ON['traefik']).toMatchObject(answers);
  },
);

/** What a client reads of the answers that Sallyport gives in this mode. */
async function measure(verify: FakeVerify, mode: ForwardAuthMode, ask: () => Promise<HttpResponse>) {
  const denials = new Map<DenialStatus, HttpResponse>();
  for (const status of DENIAL_STATUSES) {
    const answer = encodeAuth(DENIALS[status], mode, HEADERS, NOTHING_SHOWN, NOTICE);
    verify.answer = (_request, response) => response.writeHead(answer.status, [...answer.fields]).end(answer.body);
    denials.set(status, await ask());
  }
  verify.answer = (_request, response) => response.writeHead(200, NOTICE.flat()).end();
  const passed = await ask();
  const required = denials.get(401);
  return {
    // Each status is in the map.
    status: Object.fromEntries([...denials].map(([status, answer]) => [status, answer.status])) as PassedOn['status'],
    challenges: howSent(required?.challenges ?? [], answerTo(DENIALS[401]).challenges),
    body: [...denials].every(([status, answer]) => hasProblem(answer, DENIALS[status])),
    retryAfter: {
      429: denials.get(429)?.headers['retry-after'] === '30',
      503: denials.get(503)?.headers['retry-after'] === '7',
    },
    notice: { ofDenial: hasNotice(required), ofPass: hasNotice(passed) },
  };
}

function request(port: number): HttpRequest {
  return { port, method: 'POST', path: '/3rdparty/v1/messages', headers: [['X-Forwarded-For', SPOOFED]], body: BODY };
}

function howSent(received: readonly string[], sent: readonly string[]): PassedOn['challenges'] {
  if (received.join(', ') !== sent.join(', ')) return 'not all';
  return received.length === sent.length ? 'as sent' : 'in one field';
}

function hasProblem({ headers, body }: HttpResponse, denial: Deny): boolean {
  return headers['content-type'] === 'application/problem+json' && body.includes(`"code":"${denial.reason}"`);
}

function hasNotice(answer: HttpResponse | undefined): boolean {
  return NOTICE.every(([name, value]) => answer?.headers[name] === value);
}
