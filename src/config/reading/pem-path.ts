import * as z from 'zod';

/** A path whose contents are secret, or might have been written in its place. */
export function pemPath(what: string) {
  const message = `expected the path of a PEM file with ${what}, never its contents`;
  return z.string({ error: message }).refine((path) => path !== '' && !/[\r\n]|-----/.test(path), { error: message });
}
