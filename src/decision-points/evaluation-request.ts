import type { Agent } from 'node:https';
import type { DecisionPointConfig } from '../config/config.ts';
import { parseJson } from '../lib/utf8.ts';
import { fetchText, UnexpectedAnswer, UnexpectedStatus } from '../remote/fetch-text.ts';
import { openAccess } from '../remote/server-access.ts';

const MAX_BYTES = 64 * 1024;

/** The server of a decision point. */
export type Server = Pick<DecisionPointConfig, 'url' | 'access' | 'timeoutMs'>;

/**
 * Asks a decision point. Resolves to its decision. Rejects with an `UnexpectedAnswer` if it answers otherwise, and with
 * another error if it cannot be asked or does not answer in time. No error contains a part of the request or the answer.
 *
 * @param body an evaluation request (AuthZEN 1.0, section 6.1) as JSON.
 */
export type Ask = (server: Server, body: string, signal: AbortSignal, agent: Agent) => Promise<boolean>;

/** Sends an evaluation request over HTTP (AuthZEN 1.0, section 10.1). */
export const ask: Ask = async (server, body, signal, agent) => {
  try {
    return await send(server, body, signal, agent);
  } catch (error) {
    // The server closed an idle connection at the moment when it was to be used. To ask twice changes nothing.
    if (isClosedConnection(error)) return send(server, body, signal, agent);
    throw error;
  }
};

async function send({ url, access, timeoutMs }: Server, body: string, signal: AbortSignal, agent: Agent) {
  const { headers: added, ca } = await openAccess(access, url, signal);
  const headers = { ...added, accept: 'application/json', 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body, ca, agent, timeoutMs, maxBytes: MAX_BYTES };
  const { status, text } = await fetchText(url, request, signal);
  if (status !== 200) throw new UnexpectedStatus(status);
  return readDecision(text);
}

/** Reads `decision`, which must be true or false (AuthZEN 1.0, section 6.2). Everything else in the answer is ignored. */
function readDecision(text: string): boolean {
  const answer = parseJson(text);
  if (answer === undefined) throw new UnexpectedAnswer({ kind: 'not JSON' });
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new UnexpectedAnswer({ kind: 'not an object' });
  }
  const decision = Object.hasOwn(answer, 'decision') && 'decision' in answer ? answer.decision : undefined;
  if (typeof decision !== 'boolean') throw new UnexpectedAnswer({ kind: 'no decision' });
  return decision;
}

const CLOSED: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function isClosedConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause = error } = error;
  return typeof cause === 'object' && cause !== null && 'code' in cause && CLOSED.has(cause.code);
}
