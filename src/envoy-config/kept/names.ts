/** The name of the two filters, and the namespace of dynamic metadata in which the first one says that it decided. */
export const KEPT = 'sallyport.kept';
export const DECIDED = 'decided';
/** The metadata of Sallyport's answer, also of one that is repeated. */
export const ANSWER = 'envoy.filters.http.ext_authz';
/** Who writes one of these in front of ext_authz decides about requests, or about what is kept. */
export const GUARDED_NAMESPACES: readonly string[] = [KEPT, 'sallyport.asked', ANSWER];
/** Where the configuration of both is shown. */
export const EXAMPLE = 'deploy/gateways/envoy-kept/envoy.yaml';
