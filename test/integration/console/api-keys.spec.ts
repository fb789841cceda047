import { afterAll, beforeAll, expect, it } from 'vitest';
import { isApiKey } from '../../../src/lib/api-key/api-key.ts';
import { type HttpResponse, sendRequest } from '../../support/servers/http-client.ts';
import { startTokenService, type TokenService } from '../../support/token-service.ts';

const FORM = { name: 'billing', scopes: 'messages:list', ends: '7', form: 'key' };

let service: TokenService;
let cookie: string;

beforeAll(async () => {
  service = await startTokenService({
    config: { apiKeys: { prefix: 'sp' } },
    env: { SALLYPORT_ACCOUNT: 'ada:secret' },
  });
  const { headers } = await visit('POST', '/console/login', { name: 'ada', password: 'secret' });
  cookie = headers['set-cookie']?.find((field) => field.startsWith('__Host-sallyport='))?.split(';')[0] ?? '';
});

afterAll(() => service.close());

function visit(method: string, path: string, form?: Readonly<Record<string, string>>): Promise<HttpResponse> {
  return sendRequest({
    port: Number(new URL(service.origin).port),
    method,
    path,
    headers: [
      ...(cookie ? ([['Cookie', cookie]] as const) : []),
      ['Sec-Fetch-Site', 'same-origin'],
      ...(form ? ([['Content-Type', 'application/x-www-form-urlencoded']] as const) : []),
    ],
    ...(form && { body: new URLSearchParams(form).toString() }),
  });
}

const keyIn = ({ body }: HttpResponse): string => /<textarea[^>]*>([^<]+)</.exec(body)?.[1] ?? '';

it('the form for a new token offers an API key, which is shown once and listed without a part of it', async () => {
  const { body: page } = await visit('GET', '/console/tokens/new');
  expect(page).toContain('name="form" value="key"');
  const formId = / name="form_id" value="([^"]+)"/.exec(page)?.[1] ?? '';
  const send = () => visit('POST', '/console/tokens/new', { ...FORM, form_id: formId });
  const [first, second] = [await send(), await send()];
  const key = keyIn(first);
  expect(isApiKey(key, 'sp')).toBe(true);
  expect(keyIn(second)).toBe(key);
  const { body: list } = await visit('GET', '/console');
  expect(list).toContain('API key');
  expect(list).not.toContain(key.slice(3, 12));
});

it('a wrong form is refused', async () => {
  const { status, body } = await visit('POST', '/console/tokens/new', { ...FORM, form: 'pat' });
  expect([status, body.includes('choose one of the options')]).toEqual([400, true]);
});
