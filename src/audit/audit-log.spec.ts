import { describe, expect, it } from 'vitest';
import { AuditLog } from './audit-log.ts';

const ADA = { account: 'ada', client: '10.0.0.1' };
const OPERATOR = { by: 'operator:ada' };

function setUp() {
  const records: unknown[] = [];
  const output = {
    info: (facts: object, message: string) => void records.push(['info', facts, message]),
    warn: (facts: object, message: string) => void records.push(['warn', facts, message]),
  };
  const kinds: string[] = [];
  const limit = {
    tell: (kind: string, write: (repeated: { readonly repeated?: number }) => void) => {
      const repeated = kinds.filter((one) => one === kind).length;
      write(repeated === 0 ? {} : { repeated });
      kinds.push(kind);
    },
  };
  return { audit: new AuditLog(output, limit), records };
}

describe('AuditLog', () => {
  it('records the id and the client of an account, and nothing else of a session', () => {
    const { audit, records } = setUp();
    const session = { ...ADA, accessToken: 'secret' };
    audit.tokenIssued(session, { id: 't1', scopes: ['messages:send'] });
    expect(records).toEqual([['info', { ...ADA, tokenId: 't1', scopes: ['messages:send'] }, 'token issued']]);
  });

  it('records the name of an operator as `by`', () => {
    const { audit, records } = setUp();
    audit.accountRemoved(OPERATOR, 'ada');
    expect(records).toEqual([['info', { ...OPERATOR, subject: 'ada' }, 'account removed']]);
  });

  it('distinguishes a repeated response from a new token', () => {
    const { audit, records } = setUp();
    audit.tokenIssued(ADA, { id: 't1', scopes: [], isRepeated: true });
    audit.tokenRotated(ADA, 't1', { id: 't2', isRepeated: true });
    audit.tokenRotated(ADA, 't1', { id: 't2' });
    expect(records).toEqual([
      ['info', { ...ADA, tokenId: 't1', scopes: [] }, 'token shown again'],
      ['info', { ...ADA, tokenId: 't1', successor: 't2' }, 'token shown again'],
      ['info', { ...ADA, tokenId: 't1', successor: 't2' }, 'token rotated'],
    ]);
  });

  it('records what was revoked, and which revocation was taken back', () => {
    const { audit, records } = setUp();
    const target = { kind: 'signing key', issuer: 'own', kid: 'k1' } as const;
    audit.revoked(OPERATOR, target, 'leaked');
    audit.unrevoked(OPERATOR, target, undefined);
    expect(records).toEqual([
      ['info', { ...OPERATOR, issuer: 'own', kid: 'k1', reason: 'leaked' }, 'signing key revoked'],
      ['info', { ...OPERATOR, issuer: 'own', kid: 'k1', reason: undefined }, 'signing key revoked: taken back'],
    ]);
  });

  it('counts repeated refusals of a form', () => {
    const { audit, records } = setUp();
    const message = 'form refused: no page of the console sent it';
    audit.foreignFormRefused('10.0.0.2', 'POST /console/login');
    audit.foreignFormRefused('10.0.0.3', 'POST /console/login');
    expect(records).toEqual([
      ['warn', { client: '10.0.0.2', form: 'POST /console/login' }, message],
      ['warn', { client: '10.0.0.3', form: 'POST /console/login', repeated: 1 }, message],
    ]);
  });
});
