import { describe, expect, it } from 'vitest';
import { DESCRIPTIONS, type Fields } from './description.ts';

/** How each mode is told the host `admin.example.com` in another form. */
const REQUESTS: Readonly<Record<keyof typeof DESCRIPTIONS, (host: string) => Fields>> = {
  nginx: (host) => fieldsOf({ 'x-original-method': 'GET', 'x-original-url': '/x', host }),
  forwarded: (host) => fieldsOf({ 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/x', 'x-forwarded-host': host }),
  path: (host) => fieldsOf({ host }),
};
const MODES = ['nginx', 'forwarded', 'path'] as const;

describe.each(MODES)('the host in mode %s', (mode) => {
  const read = (host: string) => DESCRIPTIONS[mode](REQUESTS[mode](host), { method: 'GET', url: '/auth/x' });

  it.each(['admin.example.com', 'Admin.example.com.:8080', '[2001:db8::1]:80', 'a_b.example.com'])(
    'is %s as it is',
    (host) => {
      expect(read(host)).toMatchObject({ host, flaw: undefined });
    },
  );

  it.each(['/x', '?x', '#x', '\\x', ' x', '%2fx', ', other.example.com'])(
    'is a flaw with %s behind its name, which a gateway may not send to the upstream',
    (rest) => {
      expect(read(`admin.example.com${rest}`)).toMatchObject({ host: '', flaw: 'several hosts' });
    },
  );

  it('is a flaw with a user', () => {
    expect(read('other@admin.example.com')).toMatchObject({ host: '', flaw: 'several hosts' });
  });
});

function fieldsOf(values: Readonly<Record<string, string>>): Fields {
  return new Map(Object.entries(values).map(([name, value]) => [name, [value]]));
}
