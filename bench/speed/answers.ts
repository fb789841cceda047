import { Client, credentials } from '@grpc/grpc-js';
import type { CheckResponse } from '../../src/edge/ext-authz/messages.ts';
import { loadExtAuthz } from '../../src/edge/ext-authz/transports/grpc-js/definition.ts';
import { CHECK_PATH } from './checks.ts';
import type { Contender } from './contenders.ts';

type Asked = Pick<Contender, 'name' | 'port'>;

/**
 * Has a real gRPC client read the answer to a check, with the prefix of gRPC. Rejects unless the answer allows the
 * request: what is timed afterwards is then known to be right.
 */
export async function expectAllow(asked: Asked, frame: Buffer): Promise<void> {
  await answerBytes(asked, frame);
}

/** Like {@link expectAllow}; resolves to the length of the answer with its prefix. */
export async function answerBytes({ name, port }: Asked, frame: Buffer): Promise<number> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { responseDeserialize } = loadExtAuthz().Check;
  let length = 0;
  try {
    const answer = await new Promise<CheckResponse>((resolve, reject) => {
      const read = (bytes: Buffer): CheckResponse => {
        length = bytes.length + 5;
        return responseDeserialize(bytes) as CheckResponse;
      };
      client.makeUnaryRequest(
        CHECK_PATH,
        (bytes: Buffer) => bytes,
        read,
        frame.subarray(5),
        (error, response) => {
          if (error === null && response !== undefined) resolve(response);
          else reject(error ?? new Error('no answer'));
        },
      );
    });
    // Some encoders leave out a zero.
    const { code = 0 } = answer.status as { readonly code?: number };
    if (code !== 0) throw new Error(`it denies: ${JSON.stringify(answer)}`);
    if (!('ok_response' in answer) || (answer.ok_response.headers ?? []).length < 5) {
      throw new Error(`it sets no identity: ${JSON.stringify(answer)}`);
    }
    return length;
  } catch (cause) {
    throw new Error(`${name}: a wrong answer: ${String(cause)}`, { cause });
  } finally {
    client.close();
  }
}
