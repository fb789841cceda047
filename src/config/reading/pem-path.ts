import * as z from 'zod';

/** The schema of the path of a PEM file. No message quotes the value: it may be the PEM text itself. */
export function pemPath(what: string) {
  const message = `expected the path of a PEM file with ${what}, not its contents`;
  return z.string({ error: message }).refine((path) => path !== '' && !/[\r\n]|-----/.test(path), { error: message });
}
