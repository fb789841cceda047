import { requireStore } from '../app/command-use-cases.ts';
import { openInspection } from '../app/inspection.ts';
import type { Config } from '../config/config.ts';
import { isPlace, placeToken } from '../core/credential/places/place-token.ts';
import type { Reason } from '../core/reason.ts';
import { REASONS } from '../core/reason.ts';
import type { AccessRequest } from '../core/request.ts';
import type { McpReading } from '../core/resource/mcp-message.ts';
import { TOOLS_CALL } from '../core/resource/mcp-message.ts';
import type { Explanation } from '../explanation/explain.ts';
import { explainRequest } from '../explanation/explain.ts';
import { MEANINGS } from '../explanation/reason-meanings.ts';
import { systemClock } from '../lib/clock.ts';
import type { Terminal } from './command.ts';
import { requireConfig, UsageError } from './command.ts';
import { defineCommand } from './command-definition.ts';
import { COMMON } from './terminal/common-options.ts';
import { readCredentialFile } from './terminal/credential-file.ts';
import { stepLines } from './terminal/explanation-text.ts';
import { show } from './terminal/json.ts';

/** Decides one request as the gateway's listener would and shows each step; or says what a reason means. */
export const explain = defineCommand('explain', {
  summary: 'show each step of a decision, or what a reason means',
  forms: [
    '[--token-file FILE [--in PLACE] | --basic-file FILE] [--origin ORIGIN] [--host HOST] [--mcp-tool NAME] METHOD PATH',
    'REASON',
  ],
  details: `Decides one request with the configuration and its store as the ext_authz listener would, and shows each
step. Exits with 0 if the request is allowed, with 1 if it is denied. The request has no client certificate and
no DPoP proof, so a token that is bound to one fails at the step proof.

REASON is one of
${inLines(REASONS)}.`,
  json: '{outcome, reason?, shadow?, status?, route?, steps, entries, conclusion} as POST /explain answers it (? may be absent), or {reason, meaning}',
  options: {
    'token-file': { type: 'string', placeholder: 'FILE', help: 'a token in a file; - reads standard input' },
    'basic-file': { type: 'string', placeholder: 'FILE', help: 'name:password in a file; - reads standard input' },
    in: {
      type: 'string',
      placeholder: 'PLACE',
      help: 'where the token is: header:NAME, cookie:NAME, query:NAME or websocketProtocol; by default authorization',
    },
    origin: { type: 'string', placeholder: 'ORIGIN', help: 'the Origin of the page that sends the request' },
    host: { type: 'string', placeholder: 'HOST', help: 'the host of the request; by default none' },
    'mcp-method': { type: 'string', placeholder: 'NAME', help: 'the MCP method of the message, such as tools/call' },
    'mcp-tool': { type: 'string', placeholder: 'NAME', help: 'the tool that the message calls; implies tools/call' },
  },
  async run({ config: file, positionals, values }, terminal) {
    const [method, path, ...rest] = positionals;
    if (method === undefined || rest.length > 0) throw new UsageError('expected METHOD and PATH, or a reason');
    if (path === undefined) {
      const [stray] = Object.keys(values).filter((name) => !Object.hasOwn(COMMON, name));
      if (stray !== undefined) throw new UsageError(`--${stray} needs METHOD and PATH`);
      return define(method, terminal);
    }
    const mcp = mcpReading(values);
    const config = requireConfig(file, terminal.env);
    requireStore(config.store);
    const { host = '' } = values;
    const asked = { door: 'ext-authz', method, host, path, authorization: undefined, fromBrowser: false, mcp } as const;
    return decide(config, await withCredential(asked, values, terminal), terminal);
  },
});

function inLines(names: readonly string[]): string {
  const rows = Array.from({ length: Math.ceil(names.length / 4) }, (_, row) => names.slice(row * 4, row * 4 + 4));
  return rows.map((row) => `  ${row.join(', ')}`).join(',\n');
}

function define(name: string, terminal: Terminal): number {
  if (!isReason(name)) throw new UsageError(`no such reason: '${name}'`);
  show(terminal, { reason: name, meaning: MEANINGS[name] }, `${name}: ${MEANINGS[name]}\n`);
  return 0;
}

function isReason(name: string): name is Reason {
  return REASONS.some((reason) => reason === name);
}

function mcpReading({
  'mcp-method': method,
  'mcp-tool': tool,
}: {
  readonly 'mcp-method'?: string;
  readonly 'mcp-tool'?: string;
}): McpReading | undefined {
  if (tool !== undefined && method !== undefined && method !== TOOLS_CALL) {
    throw new UsageError(`--mcp-tool is for ${TOOLS_CALL}`);
  }
  if (tool !== undefined) return { outcome: 'read', method: TOOLS_CALL, tool };
  return method === undefined ? undefined : { outcome: 'read', method, tool };
}

interface CredentialValues {
  readonly 'token-file'?: string;
  readonly 'basic-file'?: string;
  readonly in?: string;
  readonly origin?: string;
}

async function withCredential(
  asked: AccessRequest,
  { 'token-file': token, 'basic-file': basic, in: place, origin }: CredentialValues,
  terminal: Terminal,
): Promise<AccessRequest> {
  if (token !== undefined && basic !== undefined)
    throw new UsageError('--token-file and --basic-file cannot be used together');
  if (place !== undefined && token === undefined) throw new UsageError('--in needs --token-file');
  if (place !== undefined && !isPlace(place)) throw new UsageError(`--in knows no place '${place}'`);
  const request = origin === undefined ? asked : { ...asked, fields: new Map([['origin', origin]]), fromBrowser: true };
  const file = token ?? basic;
  if (file === undefined) return request;
  const credential = await readCredentialFile(file, terminal);
  if (token !== undefined) return placeToken(request, place ?? 'authorization', credential);
  return { ...request, authorization: `Basic ${Buffer.from(credential).toString('base64')}` };
}

async function decide(config: Config, request: AccessRequest, terminal: Terminal): Promise<number> {
  const inspection = await openInspection(config);
  try {
    const { revocations, status } = inspection.revocationSet;
    const parts = { decider: inspection.gateway.decider, revocations, status, clock: systemClock };
    const { clockSkewMs } = config;
    const explanation = await explainRequest(request, { ...parts, clockSkewMs });
    show(terminal, explanation, () => textOf(explanation));
    return explanation.outcome === 'allow' ? 0 : 1;
  } finally {
    await inspection.close();
  }
}

function textOf(explanation: Explanation): string {
  return [...stepLines(explanation), ...explanation.conclusion].map((line) => `${line}\n`).join('');
}
