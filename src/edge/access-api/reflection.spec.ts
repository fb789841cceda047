import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from 'vitest';
import { loadPackage } from './definition.ts';
import { describedPackage } from './reflection.ts';

interface Message {
  readonly name: string;
  readonly field?: readonly { readonly name: string; readonly typeName?: string }[];
  readonly nestedType?: readonly (Message & { readonly options?: { readonly mapEntry?: boolean } })[];
}

interface File {
  readonly name: string;
  readonly dependency?: readonly string[];
  readonly messageType: readonly Message[];
}

/** The files that clients of reflection receive, by name. */
function filesOf(loaded: PackageDefinition): ReadonlyMap<string, File> {
  const { 'google.protobuf.FileDescriptorProto': type } = loadSync('google/protobuf/descriptor.proto');
  // The loader describes it.
  const { deserialize } = type as MessageTypeDefinition<File, File>;
  const encoded = Object.values(loaded).flatMap(({ fileDescriptorProtos: files }) =>
    Array.isArray(files) ? files : [],
  );
  return new Map(encoded.map((bytes) => [deserialize(bytes).name, deserialize(bytes)]));
}

const files = filesOf(describedPackage(loadPackage()));
const file = (name: string): File => files.get(name) ?? expect.fail(`no file ${name}`);
const typeOf = (messages: readonly Message[], message: string, field: string): string | undefined =>
  messages.find(({ name }) => name === message)?.field?.find(({ name }) => name === field)?.typeName;

describe('describedPackage()', () => {
  it('names each type in full', () => {
    const { messageType } = file('sallyport_access_v1.proto');
    expect(typeOf(messageType, 'AuthorizeResponse', 'identity')).toBe('.sallyport.access.v1.Identity');
    expect(typeOf(messageType, 'AuthorizeResponse', 'expires_at')).toBe('.google.protobuf.Timestamp');
    expect(typeOf(messageType, 'AuthorizeManyAnswer', 'error')).toBe('.google.rpc.Status');
    expect(typeOf(messageType, 'Reset', 'reason')).toBe('.sallyport.access.v1.Reset.Reason');
    expect(typeOf(file('google_rpc.proto').messageType, 'Status', 'details')).toBe('.google.protobuf.Any');
  });

  it('names the files that a file needs, and each of them exists', () => {
    expect(file('sallyport_access_v1.proto').dependency?.toSorted()).toEqual([
      'google_protobuf.proto',
      'google_rpc.proto',
    ]);
    expect(file('google_rpc.proto').dependency).toEqual(['google_protobuf.proto']);
    expect(file('google_protobuf.proto').dependency ?? []).toEqual([]);
  });

  it('names the entries of a map as protoc does', () => {
    const info = file('google_rpc.proto').messageType.find(({ name }) => name === 'ErrorInfo');
    expect(info?.nestedType?.map(({ name }) => name)).toEqual(['MetadataEntry']);
    expect(typeOf(info === undefined ? [] : [info], 'ErrorInfo', 'metadata')).toBe(
      '.google.rpc.ErrorInfo.MetadataEntry',
    );
  });

  it('leaves the calls as they are', () => {
    const loaded = loadPackage();
    const name = 'sallyport.access.v1.AccessService';
    expect(Object.keys(describedPackage(loaded)[name] ?? {})).toEqual(Object.keys(loaded[name] ?? {}));
  });
});
