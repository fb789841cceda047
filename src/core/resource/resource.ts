/** A protected resource (RFC 9728) that routes belong to. */
export interface Resource {
  /** The name by which routes of the configuration refer to it. */
  readonly name: string;
  /** The URL of its metadata (RFC 9728, section 3), which challenges name as `resource_metadata`. */
  readonly metadataUrl: string;
  /** `aud` of a token must contain one of these on its routes; never empty (RFC 8707, section 2). */
  readonly audience: readonly string[];
}

/**
 * Whether a token is meant for the resource.
 *
 * @param audiences of the token, those that no resource names left out.
 */
export function isMeantFor({ audience }: Resource, audiences: readonly string[] | undefined): boolean {
  if (audiences === undefined) return false;
  for (const accepted of audience) {
    if (audiences.includes(accepted)) return true;
  }
  return false;
}
