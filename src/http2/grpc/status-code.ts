/** The gRPC status codes that this library itself answers with. https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const Status = {
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
} as const;
