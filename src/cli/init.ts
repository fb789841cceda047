import { writeFile } from 'node:fs/promises';
import { hasCode, wordFileError } from '../lib/errors.ts';
import { quote } from '../lib/wording.ts';
import { CommandError, UsageError } from './command.ts';
import { defineCommand } from './command-definition.ts';
import { show } from './terminal/json.ts';

/** Writes a small configuration to begin with. */
export const init = defineCommand('init', {
  summary: 'write a small configuration to begin with',
  takes: [],
  details: `Writes sallyport.yaml, or the file of --config, with comments: an issuer of our own, SQLite beside it, and two
routes to replace. It is valid, and \`sallyport serve\` runs on it. An existing file stays as it is.`,
  json: '{file}',
  options: {
    issuer: {
      type: 'string',
      placeholder: 'URL',
      help: 'how our own issuer names itself in tokens; by default https://sallyport.local',
    },
  },
  async run({ config: file, values }, terminal) {
    const { issuer = 'https://sallyport.local' } = values;
    if (!/^https?:\/\/[^\s"\\]+$/.test(issuer))
      throw new UsageError('--issuer takes a URL such as https://tokens.example.com');
    await writeFile(file, configuration(issuer), { flag: 'wx' }).catch((cause: unknown) => {
      const why = hasCode(cause, 'ENOENT') ? 'no such folder' : wordFileError(cause);
      throw new CommandError(`sallyport: cannot create ${quote(file)}: ${why}; nothing was changed`, { cause });
    });
    show(
      terminal,
      { file },
      `wrote ${file}; next: sallyport check, then SALLYPORT_ACCOUNT=name:password sallyport serve\n`,
    );
    return 0;
  },
});

function configuration(issuer: string): string {
  return `# The configuration of Sallyport. Every key: docs/configuration.md. Validate with: sallyport check
version: 1

# Leave a listener out to close it. Beyond loopback, extAuthz needs TLS with client certificates.
listen:
  extAuthz: 127.0.0.1:9191 # Envoy asks here (gRPC)
  tokens: 127.0.0.1:9192 # token service and console, behind the gateway
  admin: 127.0.0.1:9195 # metrics, /livez and /readyz; sallyport status asks here

# One file for one instance. Several instances share Redis: redis://host (docs/redis.md).
store: sqlite:./sallyport.db

# What tokens may permit. A route requires scopes; an account has some of them.
scopes:
  messages:read: { description: Read messages }
  messages:send: { description: Send messages, maxTtl: 24h }

# Who issues tokens. An issuer with signing is our own. Others publish their keys (jwks, discovery).
issuers:
  - name: own
    issuer: ${JSON.stringify(issuer)}
    signing: { algorithm: EdDSA }
  # - name: corporate
  #   issuer: https://login.example.com
  #   audience: my-api
  #   algorithms: [RS256]
  #   discovery: true

# What passes. Everything that no route names is denied.
routes:
  - { method: GET, path: /messages, scope: "messages:read" }
  - { method: POST, path: /messages, scope: "messages:send" }
  - { path: "/v1/**", public: true } # the token service checks credentials itself
  - { path: /health, public: true }
`;
}
