import * as z from 'zod';
import { deny } from '../../../core/decision.ts';
import type { Call, CallInput, Outcome } from '../call.ts';
import { done } from '../call.ts';
import { tokenBody } from '../encode.ts';
import { issuedToken, optional } from './fields.ts';

const password = z.string('must be a string').min(1, 'must not be empty');
const name = z.string('must be a string').min(1, 'must not be empty');

const request = z
  .strictObject({
    email: optional(z.string('must be a string')),
    name: optional(z.string('must be a string')),
    password,
  })
  .refine((body) => (body.email === undefined) !== (body.name === undefined), {
    error: 'exactly one of email and name must be given',
    path: ['email'],
  });

const described = z.union([
  z.strictObject({ email: name.describe("The account's e-mail address, or its name"), password }),
  z.strictObject({ name: name.describe("The account's name, or its e-mail address"), password }),
]);

export const logIn: Call<z.output<typeof request>> = {
  method: 'POST',
  url: '/v1/login',
  operation: 'logIn',
  summary: "Log in: get a token for one hour with all of the account's scopes",
  admission: undefined,
  body: request,
  describedBody: described,
  success: [{ status: 200, description: 'The token, which is not shown again', content: issuedToken }],
  problems: [],
  denials: ['credentials_invalid', 'too_many_attempts'],
  handle: answer,
};

async function answer({ body, services, client }: CallInput<z.output<typeof request>>): Promise<Outcome> {
  const result = await services.logIn.logIn(body.email ?? body.name ?? '', body.password, client);
  if (result.outcome === 'refused') {
    return { ...deny(result.reason, undefined, result.check), retryAfterSeconds: result.retryAfterSeconds };
  }
  return done(200, tokenBody(result) satisfies z.output<typeof issuedToken>);
}
