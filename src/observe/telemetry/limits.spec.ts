import { expect, it } from 'vitest';
import { attributeLimits, spanBatches } from './limits.ts';

it('reads how spans are collected', () => {
  const env = {
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BSP_EXPORT_TIMEOUT: ' 200 ',
    OTEL_BSP_MAX_QUEUE_SIZE: '300',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '40',
  };
  expect(spanBatches(env)).toEqual({
    scheduledDelayMillis: 100,
    exportTimeoutMillis: 200,
    maxQueueSize: 300,
    maxExportBatchSize: 40,
  });
});

it('reads the limits of one kind, and else those of both', () => {
  const env = { OTEL_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '6' };
  expect(attributeLimits('SPAN', env)).toEqual({ attributeCountLimit: 6 });
  expect(attributeLimits('LOGRECORD', env)).toEqual({ attributeCountLimit: 5 });
  expect(attributeLimits('SPAN', { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '7' })).toEqual({ attributeValueLengthLimit: 7 });
});

it.each(['', ' ', '0', '-1', 'many'])('leaves the default of the SDK for %j', (value) => {
  expect(spanBatches({ OTEL_BSP_SCHEDULE_DELAY: value })).toEqual({});
  expect(attributeLimits('SPAN', { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: value })).toEqual({});
});
