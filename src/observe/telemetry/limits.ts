/** Names a variable of the environment, and the number that it holds: `undefined` if there is none. */
type ReadNumber = (name: string) => number | undefined;

/**
 * What OpenTelemetry's variables say about collecting spans. Their defaults are the SDK's.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor
 */
export function spanBatches(env: NodeJS.ProcessEnv) {
  const number = positiveNumbers(env);
  return {
    ...optional('scheduledDelayMillis', number('OTEL_BSP_SCHEDULE_DELAY')),
    ...optional('exportTimeoutMillis', number('OTEL_BSP_EXPORT_TIMEOUT')),
    ...optional('maxQueueSize', number('OTEL_BSP_MAX_QUEUE_SIZE')),
    ...optional('maxExportBatchSize', number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE')),
  };
}

/**
 * What OpenTelemetry's variables say about the attributes of a span or of a log record. Ours have neither events nor links.
 *
 * @param kind the part of the variables' names that stands for them.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#attribute-limits
 */
export function attributeLimits(kind: 'SPAN' | 'LOGRECORD', env: NodeJS.ProcessEnv) {
  const number = positiveNumbers(env);
  const limit = (name: string): number | undefined => number(`OTEL_${kind}_${name}`) ?? number(`OTEL_${name}`);
  return {
    ...optional('attributeCountLimit', limit('ATTRIBUTE_COUNT_LIMIT')),
    ...optional('attributeValueLengthLimit', limit('ATTRIBUTE_VALUE_LENGTH_LIMIT')),
  };
}

/** Ignores what is not a number above 0, as the SDK does. */
function positiveNumbers(env: NodeJS.ProcessEnv): ReadNumber {
  return (name) => {
    const value = Number(env[name]?.trim() || Number.NaN);
    return value > 0 ? value : undefined;
  };
}

function optional<Name extends string>(name: Name, value: number | undefined): { readonly [key in Name]?: number } {
  // A computed name widens to any string.
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in Name]?: number });
}
