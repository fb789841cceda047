import { MessageWriter } from './message-writer.ts';

const METHOD = 'GET';
const HOST = 'warm-up.invalid';
const PATH = '/';
const CLIENT = '127.0.0.1';

type Fields = readonly (readonly [name: string, value: string])[];

/** Encodes checks as Envoy sends them: one without a credential, and one for each `Authorization` value. */
export function encodeChecks(authorizations: readonly string[]): Buffer[] {
  const writer = new MessageWriter();
  // Envoy has two forms of the same fields.
  return [undefined, ...authorizations].map((authorization, index) =>
    encodeCheck(writer, fieldsWith(authorization), index % 2 === 0),
  );
}

function encodeCheck(writer: MessageWriter, fields: Fields, isPlain: boolean): Buffer {
  writer.begin();
  const attributes = writer.open(1);
  const peer = [writer.open(1), writer.open(1), writer.open(1)];
  writer.string(2, CLIENT);
  for (const message of peer.toReversed()) writer.close(message);
  const request = writer.open(4);
  const http = writer.open(2);
  writer.string(2, METHOD);
  if (isPlain) writeFields(writer, 3, 2, fields);
  writer.string(4, PATH);
  writer.string(5, HOST);
  const list = writer.open(13);
  if (!isPlain) writeFields(writer, 1, 3, fields);
  writer.close(list);
  writer.close(http);
  writer.close(request);
  writer.close(attributes);
  return writer.finish();
}

function writeFields(writer: MessageWriter, field: number, valueField: number, fields: Fields): void {
  for (const [name, value] of fields) {
    const entry = writer.open(field);
    writer.string(1, name);
    writer.string(valueField, value);
    writer.close(entry);
  }
}

function fieldsWith(authorization: string | undefined): Fields {
  const fields: Fields = [
    [':authority', HOST],
    [':method', METHOD],
    [':path', PATH],
    ['x-forwarded-for', CLIENT],
  ];
  return authorization === undefined ? fields : [...fields, ['authorization', authorization]];
}
