import type { CheckResponse, HeaderValueOption, StructValue } from '../messages.ts';
import { MessageWriter } from './message-writer.ts';

const APPEND_ACTIONS = { APPEND_IF_EXISTS_OR_ADD: 0, OVERWRITE_IF_EXISTS_OR_ADD: 2 } as const;

/** An encoded response. */
export interface EncodedResponse {
  readonly bytes: Buffer;
  /** Where the length of `ok_response` or `denied_response` is, which stands before the metadata. */
  readonly okAt: number;
  /** Where the length of `dynamic_metadata` is, which ends the message. */
  readonly metadataAt: number;
}

/** Encodes responses, byte for byte as the proto loader does it. */
export class ResponseWriter {
  private readonly writer = new MessageWriter();

  write(response: CheckResponse): EncodedResponse {
    const { writer } = this;
    writer.begin();
    const status = writer.open(1);
    writer.number(1, response.status.code);
    if ('message' in response.status) writer.string(2, response.status.message);
    writer.close(status);
    const okAt =
      'denied_response' in response
        ? writeDenied(writer, response.denied_response)
        : writeOk(writer, response.ok_response);
    const metadataAt = writer.open(4);
    writeFields(writer, response.dynamic_metadata.fields);
    writer.close(metadataAt);
    return { bytes: writer.finish(), okAt, metadataAt };
  }

  /** Encodes some of `headers_to_remove` alone, to be put behind others. */
  writeRemovals(names: readonly string[]): Buffer {
    this.writer.begin();
    writeRemovals(this.writer, names);
    return this.writer.finish();
  }

  /** Encodes some fields of `dynamic_metadata` alone, to be put behind others. */
  writeFields(fields: Readonly<Record<string, StructValue>>): Buffer {
    this.writer.begin();
    writeFields(this.writer, fields);
    return this.writer.finish();
  }
}

type Denied = Extract<CheckResponse, { denied_response: unknown }>['denied_response'];
type Ok = Extract<CheckResponse, { ok_response: unknown }>['ok_response'];

function writeDenied(writer: MessageWriter, { status, headers, body }: Denied): number {
  const response = writer.open(2);
  const code = writer.open(1);
  writer.number(1, status.code);
  writer.close(code);
  writeHeaders(writer, 2, headers);
  writer.string(3, body);
  writer.close(response);
  return response;
}

function writeOk(writer: MessageWriter, ok: Ok): number {
  const response = writer.open(3);
  writeHeaders(writer, 2, ok.headers);
  writeRemovals(writer, ok.headers_to_remove);
  if (ok.response_headers_to_add !== undefined) writeHeaders(writer, 6, ok.response_headers_to_add);
  for (const name of ok.query_parameters_to_remove ?? []) writer.string(8, name);
  writer.close(response);
  return response;
}

function writeRemovals(writer: MessageWriter, names: readonly string[]): void {
  for (const name of names) writer.string(5, name);
}

function writeHeaders(writer: MessageWriter, field: number, headers: readonly HeaderValueOption[]): void {
  for (const { header, append_action } of headers) {
    const option = writer.open(field);
    const pair = writer.open(1);
    writer.string(1, header.key);
    writer.string(2, header.value);
    writer.close(pair);
    writer.number(3, APPEND_ACTIONS[append_action]);
    writer.close(option);
  }
}

function writeFields(writer: MessageWriter, fields: Readonly<Record<string, StructValue>>): void {
  for (const [key, value] of Object.entries(fields)) {
    const entry = writer.open(1);
    writer.string(1, key);
    const content = writer.open(2);
    writeValue(writer, value);
    writer.close(content);
    writer.close(entry);
  }
}

function writeValue(writer: MessageWriter, value: StructValue): void {
  if ('stringValue' in value) writer.string(3, value.stringValue);
  else if ('numberValue' in value) writer.double(2, value.numberValue);
  else writer.number(4, value.boolValue ? 1 : 0);
}
