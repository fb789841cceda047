/** The methods of RFC 9110 and RFC 5789 that APIs use, accepted without inspection. */
export const USUAL_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Upper-case words joined by hyphens, such as `M-SEARCH`. */
export const METHOD = /^[A-Z]+(?:-[A-Z]+)*$/;

/**
 * Whether every server reads the method in the same way. Methods are case-sensitive (RFC 9110, section 9.1), but many
 * frameworks fold their case: a gateway that sees `post` in front of an upstream that serves POST can be bypassed.
 */
export function isPlainMethod(method: string): boolean {
  return USUAL_METHODS.has(method) || METHOD.test(method);
}
