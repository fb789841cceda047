import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { deepFreeze } from '../../config/reading/freeze.ts';
import { Secret } from '../../config/secret.ts';

/** A configuration in values that Node can send to another process. It contains the secrets. */
export type EncodedConfig = unknown;

/** Names the kind of a value that cannot be sent as it is. No key of a configuration contains NUL. */
const KIND = '\u0000kind';

/** Such a value in parts that can be sent. */
interface Parts {
  readonly [KIND]: 'secret' | 'url' | 'public key' | 'private key' | 'secret key';
  readonly bytes: Uint8Array;
}

/**
 * Encodes a configuration for a worker, so that the worker has exactly the one that was validated: it reads no file, no
 * secret and no variable again. Throws for a value of an unknown class.
 */
export function encodeConfig(config: Config): EncodedConfig {
  return copy(config, takeApart, new Map());
}

/** Restores a configuration. Values that were one object are one object again. */
export function decodeConfig(encoded: EncodedConfig): Config {
  // What `encodeConfig` received.
  return deepFreeze(copy(encoded, putTogether, new Map()) as Config);
}

/** Returns the replacement of an object, or `undefined` if it is copied member by member. */
type Replace = (value: object) => object | undefined;

function copy(value: unknown, replace: Replace, done: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`cannot encode a ${typeof value}`);
  if (typeof value !== 'object' || value === null) return value;
  const known = done.get(value) ?? replace(value);
  if (known !== undefined) return keep(value, known, done);
  const next = (member: unknown): unknown => copy(member, replace, done);
  if (Array.isArray(value)) {
    const items = keep<unknown[]>(value, [], done);
    for (const item of value) items.push(next(item));
    return items;
  }
  if (value instanceof Set) {
    const members = keep(value, new Set(), done);
    for (const member of value) members.add(next(member));
    return members;
  }
  if (value instanceof Map) {
    const entries = keep(value, new Map(), done);
    for (const [key, member] of value) entries.set(next(key), next(member));
    return entries;
  }
  const members = keep<object>(value, {}, done);
  for (const [key, member] of Object.entries(value)) {
    // Not by assignment, which gives `__proto__` a meaning.
    Object.defineProperty(members, key, { value: next(member), enumerable: true, writable: true, configurable: true });
  }
  return members;
}

function keep<Copy>(value: object, made: Copy, done: Map<object, unknown>): Copy {
  done.set(value, made);
  return made;
}

function takeApart(value: object): object | undefined {
  if (value instanceof Secret) return parts('secret', value.reveal());
  if (value instanceof URL) return parts('url', Buffer.from(value.href));
  if (value instanceof KeyObject) return takeKeyApart(value);
  if (value instanceof RegExp || value instanceof Date) return value;
  if (Array.isArray(value) || value instanceof Set || value instanceof Map) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return undefined;
  throw new TypeError(`cannot encode a ${value.constructor.name} of a configuration`);
}

function takeKeyApart(key: KeyObject): Parts {
  if (key.type === 'public') return parts('public key', key.export({ format: 'der', type: 'spki' }));
  if (key.type === 'private') return parts('private key', key.export({ format: 'der', type: 'pkcs8' }));
  return parts('secret key', key.export());
}

function parts(kind: Parts[typeof KIND], bytes: Uint8Array): Parts {
  // A copy of these bytes alone: a slice would be sent with the whole buffer that it belongs to.
  return { [KIND]: kind, bytes: Uint8Array.from(bytes) };
}

function putTogether(value: object): object | undefined {
  if (value instanceof RegExp || value instanceof Date) return value;
  if (!(KIND in value)) return undefined;
  // Only `takeApart` writes this member.
  const { [KIND]: kind, bytes } = value as Parts;
  const key = Buffer.from(bytes);
  switch (kind) {
    case 'secret':
      return new Secret(bytes);
    case 'url':
      return new URL(key.toString());
    case 'public key':
      return createPublicKey({ key, format: 'der', type: 'spki' });
    case 'private key':
      return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    case 'secret key':
      return createSecretKey(key);
  }
}
