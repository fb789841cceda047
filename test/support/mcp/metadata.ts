import { fileURLToPath } from 'node:url';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';

const METADATA = 'envoy.config.core.v3.Metadata';

/** Returns a function that encodes metadata as Envoy sends it: values by namespace; members that are undefined are left out. */
export function metadataEncoder(): (namespaces: Readonly<Record<string, object>>) => Uint8Array {
  const includeDirs = [fileURLToPath(new URL('../../../proto', import.meta.url))];
  const { [METADATA]: definition } = loadSync('envoy/config/core/v3/base.proto', { includeDirs, keepCase: true });
  // proto/ describes it as a message.
  const { serialize } = definition as MessageTypeDefinition<object, object>;
  return (namespaces) =>
    serialize({
      filter_metadata: Object.fromEntries(Object.entries(namespaces).map(([name, value]) => [name, structOf(value)])),
    });
}

function structOf(members: object): object {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return { fields: Object.fromEntries(present.map(([key, value]) => [key, valueOf(value)])) };
}

function valueOf(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return { numberValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(valueOf) } };
  return { structValue: structOf(value ?? {}) };
}
