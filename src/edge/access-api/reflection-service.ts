import type { Server, ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { describedPackage } from './reflection.ts';

/** Both versions are in use by clients. */
const SERVICES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'] as const;
const METHOD = 'ServerReflectionInfo';

/** A service as `@grpc/reflection` makes it. */
interface Made {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/**
 * Adds reflection to a server. What it tells is made with the first call, because that takes a tenth of a start, and most
 * instances are never asked. The first call delays others by some 40 ms, once.
 *
 * @param services the full names of the services that clients may see.
 */
export function addReflection(server: Server, loaded: PackageDefinition, services: readonly string[]): void {
  let made: ReadonlyMap<string, Made> | undefined;
  for (const service of SERVICES) {
    const path = `/${service}/${METHOD}`;
    const real = (): Made => {
      made ??= makeAll(loaded, services);
      const found = made.get(path);
      if (found === undefined) throw new Error(`there is no ${path}`);
      return found;
    };
    const method = (): ServiceDefinition[string] => {
      const { [METHOD]: found } = real().definition;
      if (found === undefined) throw new Error(`${service} has no ${METHOD}`);
      return found;
    };
    const definition: ServiceDefinition = {
      [METHOD]: {
        path,
        requestStream: true,
        responseStream: true,
        requestSerialize: (message) => method().requestSerialize(message),
        requestDeserialize: (bytes): unknown => method().requestDeserialize(bytes),
        responseSerialize: (message) => method().responseSerialize(message),
        responseDeserialize: (bytes): unknown => method().responseDeserialize(bytes),
      },
    };
    server.addService(definition, {
      [METHOD]: (call: ServerDuplexStream<object, object>) => {
        // A call in both directions has no callback.
        const handle = real().implementation[METHOD] as unknown as (call: ServerDuplexStream<object, object>) => void;
        handle(call);
      },
    });
  }
}

/** By the path of their method. */
function makeAll(loaded: PackageDefinition, services: readonly string[]): ReadonlyMap<string, Made> {
  const made = new Map<string, Made>();
  const addService = (definition: ServiceDefinition, implementation: UntypedServiceImplementation): void => {
    for (const { path } of Object.values(definition)) made.set(path, { definition, implementation });
  };
  const reflection = new ReflectionService(describedPackage(loaded), { services: [...services] });
  // All that it does with a server is to add its services.
  reflection.addToServer({ addService });
  return made;
}
