import { describe, expect, it } from 'vitest';
import {
  auditOf,
  bearers,
  ids,
  introspect,
  issue,
  now,
  partnerToken,
  post,
  service,
  store,
  useOauth,
} from '../../support/oauth.ts';
import { readValues } from '../../support/store/revocations.ts';

useOauth();

describe('POST /v1/revocations', () => {
  const revoke = async (body: object) => {
    const answer = await post('/v1/revocations', bearers.get('officer'), body);
    return [answer.status, answer.status === 204 ? undefined : await answer.json()];
  };

  it.each<[body: object, key: string, value: unknown]>([
    [{ issuer: 'partner', jti: 'a/b' }, 'revoked:partner:a%2Fb', { reason: undefined }],
    [{ issuer: 'partner', jti: 'c', reason: 'lost' }, 'revoked:partner:c', { reason: 'lost' }],
    [{ issuer: 'gone', kid: 'k' }, 'revoked-key:gone:k', { reason: undefined }],
    [{ issuer: 'partner', subject: 's', before: 1_700_000_000 }, 'notbefore:partner:s', 1_700_000_000],
    [{ issuer: 'partner', subject: 't', before: '2023-11-14T22:13:20Z' }, 'notbefore:partner:t', 1_700_000_000],
    [{ issuer: 'partner', subject: 'u', before: '2023-11-14T23:13:19.5+01:00' }, 'notbefore:partner:u', 1_700_000_000],
    [{ issuer: 'partner', subject: 'v', before: '1969-12-31T23:59:59Z' }, 'notbefore:partner:v', 0],
    [{ issuer: 'partner', before: 1_600_000_000 }, 'notbefore-issuer:partner', 1_600_000_000],
  ])('writes the entry for %j', async (body, key, value) => {
    expect(await revoke(body)).toEqual([204, undefined]);
    const [written = ''] = await readValues(store, [`sallyport:${key}`]);
    const by = ids.get('officer');
    expect(JSON.parse(written)).toEqual(
      typeof value === 'number' ? value : { at: expect.any(Number), by, ...Object(value) },
    );
  });

  it('revokes what was issued until now for a subject or an issuer by default', async () => {
    const began = now();
    expect(await revoke({ issuer: 'gone', subject: 's' })).toEqual([204, undefined]);
    expect(await revoke({ issuer: 'gone' })).toEqual([204, undefined]);
    const marks = await readValues(store, ['sallyport:notbefore:gone:s', 'sallyport:notbefore-issuer:gone']);
    for (const mark of marks) {
      expect(Number(mark)).toBeGreaterThanOrEqual(began);
      expect(Number(mark)).toBeLessThanOrEqual(now());
    }
  });

  it.each([
    ['id', () => ids.get('eve') ?? ''],
    ['name', () => 'EVE'],
    ['e-mail address', () => 'eve@example.com'],
    ['id after its removal', () => 'a-removed-account_s_id'],
  ])('revokes the tokens of an account by its %s', async (what, subject) => {
    const before = 1_700_000_000 + what.length;
    expect(await revoke({ issuer: 'sallyport', subject: subject(), before })).toEqual([204, undefined]);
    const id = subject().length === 22 ? subject() : ids.get('eve');
    expect(await readValues(store, [`sallyport:notbefore:sallyport:${id}`])).toEqual([`${before}`]);
  });

  it('revokes a token of our own issuer and shows the reason to its owner', async () => {
    const made = await issue('messages:send');
    expect(await revoke({ issuer: 'sallyport', jti: made.id, reason: 'lost' })).toEqual([204, undefined]);
    expect(await introspect('ada', made.access_token)).toEqual({ active: false });
    const manager = await issue('tokens:manage');
    const shown = await fetch(`${service.origin}/v1/tokens/${made.id}`, {
      headers: { authorization: `Bearer ${manager.access_token}` },
    });
    expect(await shown.json()).toMatchObject({
      status: 'revoked',
      revoked: { by: ids.get('officer'), reason: 'lost' },
    });
  });

  it('reads null as a missing field, unless that would revoke more than is named', async () => {
    const nothing = { subject: null, kid: null, before: null, reason: null };
    expect(await revoke({ issuer: 'partner', jti: 'beside-null', token: null, ...nothing })).toEqual([204, undefined]);
    const token = partnerToken({ jti: 'given-beside-null' });
    expect(await revoke({ token, issuer: null, jti: null, ...nothing, reason: '' })).toEqual([204, undefined]);
    const keys = ['beside-null', 'given-beside-null'].map((jti) => `sallyport:revoked:partner:${jti}`);
    expect(await readValues(store, keys)).toEqual([expect.any(String), expect.any(String)]);
  });

  it('revokes a token that it receives, and redacts it in the reason', async () => {
    const token = partnerToken({ jti: 'given' });
    expect(await revoke({ token, reason: `it was ${token}` })).toEqual([204, undefined]);
    expect(await introspect('auditor', token)).toEqual({ active: false });
    expect(auditOf('given')).toMatchObject({ reason: 'it was [redacted]', account: ids.get('officer') });
  });

  it.each<[body: object, field: string, message: string]>([
    [{}, 'issuer', 'must be the name of a configured issuer, unless token is given'],
    [[], '', 'the body must be a JSON object'],
    [{ jti: 'j' }, 'issuer', 'must be the name of a configured issuer, unless token is given'],
    [{ issuer: 'nobody', jti: 'j' }, 'issuer', 'no such issuer: "nobody"'],
    [{ issuer: 'partner', jti: 'j', subject: 's' }, 'subject', 'only one of jti, subject and kid may be given'],
    [{ issuer: 'partner', jti: 'j', kid: 'k' }, 'kid', 'only one of jti, subject and kid may be given'],
    [{ issuer: 'partner', jti: '' }, 'jti', 'must not be empty'],
    [{ issuer: 'partner', jti: 7 }, 'jti', 'must be a string'],
    [{ issuer: 'partner', jti: null }, 'jti', "must not be null; leave it out to revoke all of the issuer's tokens"],
    [{ issuer: 'partner', subject: null, kid: null }, 'subject', 'must not be null'],
    [{ issuer: null, jti: 'j' }, 'issuer', 'must be the name of a configured issuer, unless token is given'],
    [{ issuer: 'partner', jti: 'j', before: 1 }, 'before', 'may be given only with subject, or with issuer alone'],
    [{ issuer: 'sallyport', subject: 'evee' }, 'subject', 'no account has this id, name or e-mail address'],
    [{ issuer: 'sallyport', subject: 'x'.repeat(23) }, 'subject', 'no account has this id, name or e-mail address'],
    [{ issuer: 'partner', kid: 'k' }, 'kid', 'the issuer has no keys with a kid'],
    [
      { issuer: 'partner', before: 'now' },
      'before',
      'must be Unix seconds, or a date and time such as 2027-06-30T12:00:00Z',
    ],
    [
      { issuer: 'partner', before: 1.5 },
      'before',
      'must be Unix seconds, or a date and time such as 2027-06-30T12:00:00Z',
    ],
    [{ issuer: 'partner', before: 1_800_000_000_000 }, 'before', 'must be Unix seconds, or a date'],
    [{ token: 'x', issuer: 'partner' }, 'issuer', 'must not be given with token'],
    [{ token: 'x', before: 1 }, 'before', 'must not be given with token'],
    [{ token: 'none' }, 'token', 'is neither a JWT nor an opaque token of a configured issuer'],
    [{ issuer: 'partner', jti: 'j', reason: 'x'.repeat(501) }, 'reason', 'must have at most 500 characters'],
    [{ issuer: 'partner', jit: 'j' }, 'jit', 'is not a field of this call'],
  ])('refuses %j and writes nothing', async (body, field, message) => {
    const audited = service.lines.length;
    const [status, answered] = await revoke(body);
    expect([status, answered]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_body', errors: [{ field, message: expect.stringContaining(message) }] }),
    ]);
    expect(service.lines.slice(audited).filter((line) => line.includes('"log":"audit"'))).toEqual([]);
  });
});
