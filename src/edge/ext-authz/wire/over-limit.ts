/**
 * Stands for a message that is longer than the limits permit. A gRPC error would let its request pass under Envoy's
 * `failure_mode_allow`, and its client decides how long its header fields are; so it is read, and denied. It is recognized
 * by its identity: as a message, it is empty.
 */
export const OVER_LIMIT: Buffer = Buffer.alloc(0);
