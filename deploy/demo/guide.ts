import type { Account } from './account.ts';
import type { DemoGateway } from './gateway.ts';

const GATE = 'http://127.0.0.1:8080/3rdparty/v1';

/** Returns what the demo prints once it runs: the addresses, the account, and five commands to paste. */
export function guide(
  account: Account,
  { title, program, log, shownConfig }: Pick<DemoGateway, 'title' | 'program' | 'log' | 'shownConfig'>,
): string {
  const user = quote(`${account.name}:${account.password}`);
  return `
Gateway    http://127.0.0.1:8080   ${title} ${program.version} (${program.origin})
Sallyport  127.0.0.1:9191 (extAuthz, gRPC), http://127.0.0.1:9192 (tokens), http://127.0.0.1:9193 (verify)
Internal   127.0.0.1:9194 (access, gRPC); docs/internal-api.md makes the first call
Console    http://127.0.0.1:8080/console   log in with the account below
Monitoring http://127.0.0.1:9195/metrics, /readyz
Services   http://127.0.0.1:9301 (messages), http://127.0.0.1:9302 (devices): no authentication code in them
Store      sallyport.db, kept for the next start; try npm run sallyport -- account list in another terminal
Config     ${shownConfig}
Logs       .cache/demo/sallyport.log, .cache/demo/${log}.log
Account    ${account.name}, ${passwordLine(account)}

Paste these into bash, one after the other:

# 1. Issue a token that may only send messages. The response has its id and the token.
${issue(user)}

# 2. Use it: 202, with the identity that the service received in place of the token.
${send()}

# 3. Try a request beyond its scopes: 403, scope required: devices:list.
curl -si -w '\\n' -H "Authorization: Bearer $TOKEN" ${GATE}/devices

# 4. Revoke it: 204.
curl -si -u ${user} -X DELETE "${GATE}/auth/token/$ID"

# 5. Use it again: 401, token revoked.
${send()}

Press Ctrl-C to stop everything.
`;
}

function passwordLine({ password, fresh }: Account): string {
  return fresh
    ? `password ${password} (generated for this run, shown once)`
    : 'password from SALLYPORT_ACCOUNT, or its former one if it already existed';
}

function issue(user: string): string {
  const body = `'{"ttl":3600,"scopes":["messages:send"]}'`;
  const call = `curl -s -u ${user} -H 'Content-Type: application/json' -d ${body} ${GATE}/auth/token`;
  return `ANSWER=$(${call}); echo "$ANSWER"; ID=$(${field('id')}); TOKEN=$(${field('access_token')})`;
}

/** Returns a command that extracts a string of the response without a JSON tool, which not every machine has. */
function field(name: string): string {
  return `echo "$ANSWER" | sed -n 's/.*"${name}":"\\([^"]*\\)".*/\\1/p'`;
}

function send(): string {
  const message = `'{"phoneNumbers":["+15550100"],"message":"Hello"}'`;
  const headers = `-H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json'`;
  return `curl -si -w '\\n' ${headers} -d ${message} ${GATE}/messages`;
}

/** Quotes any text as one word for a POSIX shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
