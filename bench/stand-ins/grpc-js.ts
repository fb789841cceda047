// Answers ext_authz checks by a look-up of the token, and nothing else: what a server of grpc-js costs at least.
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { CheckRequest, CheckResponse } from '../../src/edge/ext-authz/messages.ts';
import { loadExtAuthz } from '../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { ALLOW, authorizationOf, DENY, readArguments } from './answer.ts';

const { port, known } = readArguments();
const server = new Server();
server.addService(loadExtAuthz() as never, {
  Check: ({ request }: ServerUnaryCall<CheckRequest, CheckResponse>, reply: sendUnaryData<CheckResponse>) =>
    reply(null, known.has(authorizationOf(request) ?? '') ? ALLOW : DENY),
});
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
