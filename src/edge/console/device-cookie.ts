import { DEVICE_SECONDS } from '../../accounts/guesses/known-devices.ts';
import { ATTRIBUTES, readOnly } from './cookie.ts';

const NAME = '__Host-sallyport-device';
const VALUE = /^[\w.~-]{1,1024}$/;

/** The proof that this browser has logged in before, where one of its form is presented. */
export function readDeviceCookie(field: string | undefined): string | undefined {
  return readOnly(field, NAME, VALUE);
}

/** `Set-Cookie` that has the browser keep the proof, also after it has logged out. */
export function deviceCookie(proof: string): string {
  return `${NAME}=${proof}; Max-Age=${DEVICE_SECONDS}; ${ATTRIBUTES}`;
}
