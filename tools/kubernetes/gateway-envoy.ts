const TLS = (protocols: string): string => `      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          # A name in Sallyport's certificate. authority.yaml asks for it.
          sni: sallyport.sallyport.svc
          common_tls_context:
${protocols}            tls_certificate_sds_secret_configs:
              - { name: certificate, sds_config: { path_config_source: { path: /etc/envoy/certificate.yaml } } }
            validation_context_sds_secret_config:
              { name: authority, sds_config: { path_config_source: { path: /etc/envoy/authority.yaml } } }
`;

const EVERY_POD = `      # The headless Service has one address for each Ready Pod, so Envoy spreads the questions over all of them. Through a
      # cluster IP, one connection would carry all questions to one Pod.
      cluster_type:
        name: envoy.clusters.dns
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster
          dns_refresh_rate: 1s
          # The listeners of the base are IPv4; write [::]:9191 there for both.
          dns_lookup_family: V4_ONLY
`;

/**
 * What differs from envoy.yaml in the Envoy of the overlay `envoy`: it listens for clients outside its Pod, asks every Pod of
 * Sallyport over mutual TLS, and finds the services by their names.
 */
export const GATEWAY_EDITS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [
    /^# The gateway of the demo.*\n/m,
    '# The Envoy of this overlay. docs/gateways/envoy.md explains the lines that protect the services.\n',
  ],
  [/ docs\/gateways\/envoy\.md explains the lines that protect the services\.\n(?=static)/, '\n'],
  [
    /^static_resources:\n/m,
    '# Envoy reads certificates from files only if it has a name.\nnode: { id: gateway, cluster: gateway }\nstatic_resources:\n',
  ],
  [/address: 127\.0\.0\.1, port_value: 8080/, 'address: 0.0.0.0, port_value: 8080'],
  [/(- name: sallyport\n {6}connect_timeout: .*\n)/, `$1${EVERY_POD}${TLS('            alpn_protocols: [h2]\n')}`],
  [/address: 127\.0\.0\.1, port_value: 9191/, 'address: sallyport-pods, port_value: 9191'],
  [/ {10}# Needed once you add a TLS transport_socket:.*\n/, ''],
  [/(- name: tokens\n {6}connect_timeout: .*\n)/, `$1      type: STRICT_DNS\n${TLS('')}`],
  [/address: 127\.0\.0\.1, port_value: 9192/, 'address: sallyport, port_value: 9192'],
  ...['messages', 'devices'].map((name): readonly [RegExp, string] => [
    new RegExp(`(- name: ${name}\\n {6}connect_timeout: .*\\n)([^]*?address: )127\\.0\\.0\\.1, port_value: \\d+`),
    `$1      type: STRICT_DNS\n$2${name}, port_value: 8080`,
  ]),
];
