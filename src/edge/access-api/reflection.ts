import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';

/** `google.protobuf.FileDescriptorProto`, as far as it matters here. */
interface File {
  readonly name: string;
  readonly package: string;
  dependency?: readonly string[];
  readonly messageType?: readonly Message[];
  readonly enumType?: readonly Named[];
}

interface Named {
  readonly name: string;
}

interface Message {
  name: string;
  readonly field?: readonly Field[];
  readonly nestedType?: readonly Message[];
  readonly enumType?: readonly Named[];
  readonly options?: { readonly mapEntry?: boolean };
}

interface Field extends Named {
  typeName?: string;
}

/**
 * Returns the package with descriptors that every client of reflection can resolve. The loader's own have relative names
 * of types, no dependencies, and entries of maps under a name that Go refuses (grpc/grpc-node issue 2595).
 */
export function describedPackage(loaded: PackageDefinition): PackageDefinition {
  const codec = fileCodec();
  const encoded = new Set(Object.values(loaded).flatMap((definition) => descriptorsOf(definition).map(textOf)));
  const files = new Map(Array.from(encoded, (text) => [text, codec.deserialize(Buffer.from(text, 'base64'))]));
  for (const file of files.values()) for (const message of file.messageType ?? []) renameMapEntries(message);
  const homes = new Map([...files.values()].flatMap((file) => Array.from(typesOf(file), (type) => [type, file.name])));
  for (const file of files.values()) resolveFile(file, homes);
  const resolved = new Map(Array.from(files, ([text, file]) => [text, codec.serialize(file)]));
  const describe = (definition: Definition): Definition => {
    const found = descriptorsOf(definition);
    if (found.length === 0) return definition;
    // A message or an enumeration, with other descriptors.
    return {
      ...definition,
      fileDescriptorProtos: found.map((bytes) => resolved.get(textOf(bytes)) ?? bytes),
    } as Definition;
  };
  return Object.fromEntries(Object.entries(loaded).map(([name, definition]) => [name, describe(definition)]));
}

type Definition = PackageDefinition[string];

/** Returns the files of a message or an enumeration; a service has none. */
function descriptorsOf({ fileDescriptorProtos }: Definition): readonly Buffer[] {
  return Array.isArray(fileDescriptorProtos) ? fileDescriptorProtos : [];
}

function textOf(bytes: Buffer): string {
  return bytes.toString('base64');
}

function fileCodec(): MessageTypeDefinition<File, File> {
  const { 'google.protobuf.FileDescriptorProto': definition } = loadSync('google/protobuf/descriptor.proto');
  if (definition === undefined || !isFileType(definition)) throw new Error('the loader does not describe descriptors');
  return definition;
}

function isFileType(definition: object): definition is MessageTypeDefinition<File, File> {
  return 'deserialize' in definition;
}

function renameMapEntries({ field = [], nestedType = [] }: Message): void {
  for (const nested of nestedType) {
    renameMapEntries(nested);
    if (nested.options?.mapEntry !== true) continue;
    const formerName = nested.name;
    nested.name = `${formerName}Entry`;
    for (const one of field) if (one.typeName === formerName) one.typeName = nested.name;
  }
}

/** Yields the full names of all types of a file. */
function* typesOf({ package: scope, messageType = [], enumType = [] }: File): Iterable<string> {
  for (const { name } of enumType) yield `${scope}.${name}`;
  for (const message of messageType) yield* typesIn(message, scope);
}

function* typesIn({ name, nestedType = [], enumType = [] }: Message, scope: string): Iterable<string> {
  const full = `${scope}.${name}`;
  yield full;
  for (const { name: ofEnum } of enumType) yield `${full}.${ofEnum}`;
  for (const nested of nestedType) yield* typesIn(nested, full);
}

/** Makes the names of types absolute, and the files that have them dependencies. */
function resolveFile(file: File, homes: ReadonlyMap<string, string>): void {
  const used = new Set<string>();
  const resolve = ({ name, field = [], nestedType = [] }: Message, scope: string): void => {
    const full = `${scope}.${name}`;
    for (const one of field) {
      if (one.typeName === undefined || one.typeName === '' || one.typeName.startsWith('.')) continue;
      const type = findType(one.typeName, full, homes);
      used.add(homes.get(type) ?? file.name);
      one.typeName = `.${type}`;
    }
    for (const nested of nestedType) resolve(nested, full);
  };
  for (const message of file.messageType ?? []) resolve(message, file.package);
  used.delete(file.name);
  file.dependency = [...used];
}

/** Finds a type from the inside out, as in a proto file. */
function findType(name: string, scope: string, homes: ReadonlyMap<string, string>): string {
  for (let around = scope; around !== ''; around = around.slice(0, Math.max(0, around.lastIndexOf('.')))) {
    if (homes.has(`${around}.${name}`)) return `${around}.${name}`;
  }
  return name;
}
