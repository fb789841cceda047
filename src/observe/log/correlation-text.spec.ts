import { describe, expect, it } from 'vitest';
import { makeRequest } from '../../../test/support/core.ts';
import { correlationText } from './correlation-text.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('correlationText()', () => {
  it.each([
    ['7c9e6679-7425-40de-944b-e07fc1f90ae7', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
    ['Root=1-67891233-abcdef012345678912345678', 'Root=1-67891233-abcdef012345678912345678'],
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['x'.repeat(129), '…'],
    ['two,ids', '…'],
    ['Bearer op4que', '…'],
    ['a"b', '…'],
    ['a\nb', '…'],
    ['a%0ab', '…'],
    ['\u001b[31mred', '…'],
    ['übergroß', '…'],
    ['', undefined],
    [undefined, undefined],
  ])('writes the request id %j as %j', (requestId, text) => {
    expect(correlationText(makeRequest({ requestId })).requestId).toBe(text);
  });

  it.each([
    [`00-${TRACE}-${SPAN}-01`, TRACE],
    [`00-${TRACE}-${SPAN}-00`, TRACE],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-brings`, TRACE],
    [`00-${TRACE}-${SPAN}-01-more`, undefined],
    [`cc-${TRACE}-${SPAN}-01.what`, undefined],
    [`cc-${TRACE}-${SPAN}-01-${'x'.repeat(1_000)}`, undefined],
    [`ff-${TRACE}-${SPAN}-01`, undefined],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    [`00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${SPAN}`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('writes the trace of %j as %j', (traceparent, traceId) => {
    expect(correlationText(makeRequest({ traceparent })).traceId).toBe(traceId);
  });
});
