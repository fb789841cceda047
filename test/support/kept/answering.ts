import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { deny } from '../../../src/core/decision.ts';
import { encodeDecision } from '../../../src/edge/ext-authz/encode.ts';
import type { CheckRequest, CheckResponse } from '../../../src/edge/ext-authz/messages.ts';
import { loadExtAuthz } from '../../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { allowed, HEADERS, ROUTE } from '../ext-authz.ts';

/** A question that waits for its answer. */
export interface OpenQuestion {
  allow(keepMs: number): void;
  deny(): void;
}

/** A stand-in for Sallyport whose answers come when, and in the order in which, the test gives them. */
export interface Answering {
  readonly port: number;
  /** Resolves to the next question that arrives. */
  next(): Promise<OpenQuestion>;
  close(): void;
}

const SHOWN = { complete: true, disguised: [] };

/** Starts it on a free port. */
export async function startAnswering(): Promise<Answering> {
  const arrived: OpenQuestion[] = [];
  const waiting: ((question: OpenQuestion) => void)[] = [];
  const take = (question: OpenQuestion): void => {
    const next = waiting.shift();
    if (next === undefined) arrived.push(question);
    else next(question);
  };
  const server = new Server();
  server.addService(
    { Check: loadExtAuthz().Check },
    {
      Check: (_call: ServerUnaryCall<CheckRequest, CheckResponse>, reply: sendUnaryData<CheckResponse>) =>
        take({
          allow: (keepMs) => reply(null, encodeDecision({ ...allowed({}), keepMs }, HEADERS, SHOWN)),
          deny: () =>
            reply(null, encodeDecision(deny('token_revoked', ROUTE, 'revocation by an entry'), HEADERS, SHOWN)),
        }),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    next: () => {
      const question = arrived.shift();
      return question === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(question);
    },
    close: () => server.forceShutdown(),
  };
}
