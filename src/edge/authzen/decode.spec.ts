import { describe, expect, it } from 'vitest';
import { decodeEvaluation, decodeEvaluations, MAX_EVALUATIONS } from './decode.ts';

const alice = { type: 'user', id: 'alice' };
const read = { name: 'read' };
const record = { type: 'record', id: 'record-1' };
const whole = { subject: alice, action: read, resource: record };

describe('decodeEvaluation()', () => {
  it.each([
    whole,
    { ...whole, context: { time: '2025-06-27T18:03-07:00' } },
    { ...whole, foo: 'bar', futureField: { nested: true } },
    { ...whole, resource: { ...record, properties: { status: 'active' } } },
  ])('accepts %j', (body) => {
    expect(decodeEvaluation(body)).toMatchObject({ outcome: 'evaluation', evaluation: whole });
  });

  it('keeps only what a decision needs, with a token', () => {
    const properties = { department: 'Sales', token: 'a.b.c' };
    const body = { ...whole, subject: { ...alice, properties, email: 'a@example.com' }, context: { a: 1 }, foo: 'bar' };
    const subject = { ...alice, properties: { token: 'a.b.c' } };
    expect(decodeEvaluation(body)).toEqual({ outcome: 'evaluation', evaluation: { ...whole, subject, context: {} } });
  });

  it.each([
    [{ action: read, resource: record }, 'subject', 'is missing'],
    [{ ...whole, action: undefined }, 'action', 'is missing'],
    [{ subject: alice, action: read }, 'resource', 'is missing'],
    [{ ...whole, subject: { id: 'alice' } }, 'subject.type', 'is missing'],
    [{ ...whole, subject: { type: 'user' } }, 'subject.id', 'is missing'],
    [{ ...whole, subject: { type: 'user', id: '' } }, 'subject.id', 'must not be empty'],
    [{ ...whole, action: {} }, 'action.name', 'is missing'],
    [{ ...whole, action: { name: 123 } }, 'action.name', 'must be a string'],
    [{ ...whole, subject: 'alice' }, 'subject', 'must be an object'],
    [{ ...whole, resource: { type: 'record' } }, 'resource.id', 'is missing'],
    [{ ...whole, context: [] }, 'context', 'must be an object'],
    [{ ...whole, subject: { ...alice, properties: { token: 7 } } }, 'subject.properties.token', 'must be a string'],
    [[], '', 'the body must be a JSON object'],
    ['alice', '', 'the body must be a JSON object'],
    [undefined, '', 'the body must be a JSON object'],
    [null, '', 'the body must be a JSON object'],
  ])('refuses %j', (body, field, message) => {
    expect(decodeEvaluation(body)).toEqual({ outcome: 'invalid', errors: [{ field, message }] });
  });
});

describe('decodeEvaluations()', () => {
  it('is a single question without evaluations', () => {
    for (const body of [whole, { ...whole, evaluations: [] }])
      expect(decodeEvaluations(body)).toMatchObject({ outcome: 'evaluation', evaluation: whole });
    expect(decodeEvaluations({ subject: alice })).toMatchObject({ outcome: 'invalid' });
  });

  it('gives each evaluation the members that it leaves out, as a whole', () => {
    const bob = { type: 'user', id: 'bob', properties: { token: 'a.b.c' } };
    const evaluations = [{ resource: record }, whole, { resource: record, subject: { type: 'user', id: 'bob' } }];
    const decoded = decodeEvaluations({ subject: bob, action: read, evaluations });
    expect(decoded).toEqual({
      outcome: 'several',
      semantic: 'execute_all',
      items: [
        { outcome: 'evaluation', evaluation: { subject: bob, action: read, resource: record } },
        { outcome: 'evaluation', evaluation: whole },
        { outcome: 'evaluation', evaluation: { ...whole, subject: { type: 'user', id: 'bob' } } },
      ],
    });
  });

  it('copies no foreign member, which a thousand evaluations may inherit', () => {
    let copies = 0;
    const foreign = () => new Proxy({}, { ownKeys: () => [`a${copies++}`] });
    const { subject, action, resource } = whole;
    const decoded = decodeEvaluations({
      subject: { ...subject, properties: foreign(), foreign: foreign() },
      action: { ...action, properties: foreign() },
      resource: { ...resource, properties: foreign() },
      context: foreign(),
      evaluations: [{}, {}, {}],
    });
    expect(decoded).toMatchObject({ items: Array.from({ length: 3 }, () => ({ outcome: 'evaluation' })) });
    expect(copies).toBe(0);
  });

  it('finds what is wrong with one evaluation, and refuses only that one', () => {
    const decoded = decodeEvaluations({ subject: alice, action: read, evaluations: [{ resource: record }, {}, 7] });
    expect(decoded).toMatchObject({
      items: [
        { outcome: 'evaluation' },
        { outcome: 'invalid', errors: [{ field: 'resource', message: 'is missing' }] },
        { outcome: 'invalid', errors: [{ field: '', message: 'must be an object' }] },
      ],
    });
  });

  it.each([
    [{ ...whole, options: { evaluations_semantic: 'any' }, evaluations: [{}] }, 'options.evaluations_semantic'],
    [{ ...whole, evaluations: {} }, 'evaluations'],
    [{ subject: 'alice', evaluations: [whole] }, 'subject'],
    [{ ...whole, evaluations: Array.from({ length: MAX_EVALUATIONS + 1 }, () => ({})) }, 'evaluations'],
    [undefined, ''],
  ])('refuses the whole of %j', (body, field) => {
    expect(decodeEvaluations(body)).toMatchObject({ outcome: 'invalid', errors: [{ field }] });
  });
});
