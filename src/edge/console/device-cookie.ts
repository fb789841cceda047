import { DEVICE_SECONDS } from '../../accounts/guesses/known-devices.ts';
import { ATTRIBUTES, readOnly } from './cookie.ts';

const NAME = '__Host-sallyport-device';
const VALUE = /^[\w.~-]{1,1024}$/;

/** Returns the proof that this browser has logged in before; `undefined` unless one well-formed cookie is presented. */
export function readDeviceCookie(field: string | undefined): string | undefined {
  return readOnly(field, NAME, VALUE);
}

/** Returns the `Set-Cookie` by which the browser keeps the proof, even after a log-out. */
export function deviceCookie(proof: string): string {
  return `${NAME}=${proof}; Max-Age=${DEVICE_SECONDS}; ${ATTRIBUTES}`;
}
