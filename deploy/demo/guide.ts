import type { Account } from './account.ts';

const GATE = 'http://127.0.0.1:8080/3rdparty/v1';

/** What the demo prints when all of it runs: where everything listens, the account, and five commands to paste. */
export function guide(account: Account, envoy: string): string {
  const user = quote(`${account.name}:${account.password}`);
  return `
Gateway    http://127.0.0.1:8080   Envoy ${envoy}
Sallyport  127.0.0.1:9191 (ext_authz), http://127.0.0.1:9192 (tokens)
Console    http://127.0.0.1:8080/console   pages for people: log in with the account below
Watch it   http://127.0.0.1:9195/metrics, /readyz
Services   http://127.0.0.1:9301 (messages), http://127.0.0.1:9302 (devices): no authentication code in them
Store      sallyport.db, kept for the next start; try npm run sallyport -- account list in another terminal
Logs       .cache/demo/sallyport.log, .cache/demo/envoy.log
Account    ${account.name}, ${passwordLine(account)}

Paste these into bash, one after the other:

# 1. Issue a token that may send messages, and nothing else. You see its id and the token.
${issue(user)}

# 2. Use it: 202, and the identity that the service received in place of the token.
${send()}

# 3. Ask for what it may not do: 403, scope required: devices:list.
curl -si -w '\\n' -H "Authorization: Bearer $TOKEN" ${GATE}/devices

# 4. Revoke it: 204.
curl -si -u ${user} -X DELETE "${GATE}/auth/token/$ID"

# 5. Use it again: 401, token revoked.
${send()}

Ctrl-C ends all of it.
`;
}

function passwordLine({ password, fresh }: Account): string {
  return fresh
    ? `password ${password} (made up for this run, shown once)`
    : 'password from SALLYPORT_ACCOUNT, or the one that it had before';
}

function issue(user: string): string {
  const wanted = `'{"ttl":3600,"scopes":["messages:send"]}'`;
  const call = `curl -s -u ${user} -H 'Content-Type: application/json' -d ${wanted} ${GATE}/auth/token`;
  return `ANSWER=$(${call}); echo "$ANSWER"; ID=$(${field('id')}); TOKEN=$(${field('access_token')})`;
}

/** Takes one string out of the answer without a JSON tool, which not every machine has. */
function field(name: string): string {
  return `echo "$ANSWER" | sed -n 's/.*"${name}":"\\([^"]*\\)".*/\\1/p'`;
}

function send(): string {
  const message = `'{"phoneNumbers":["+15550100"],"message":"Hello"}'`;
  const headers = `-H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json'`;
  return `curl -si -w '\\n' ${headers} -d ${message} ${GATE}/messages`;
}

/** One word for a POSIX shell, whatever is in it. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
