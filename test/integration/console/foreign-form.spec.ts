import { expect, it, onTestFinished } from 'vitest';
import { startTokenService } from '../../support/token-service.ts';

it('a form that no page of the console sent leaves one audit record for each kind of form', async () => {
  const service = await startTokenService();
  onTestFinished(() => service.close());
  const headers = { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' };
  for (let count = 0; count < 5; count += 1) {
    const path = `${service.origin}/console/tokens/some-id/revoke`;
    const answer = await fetch(path, { method: 'POST', headers, body: 'reason=x' });
    expect(answer.status).toBe(403);
  }
  await fetch(`${service.origin}/console/login`, { method: 'POST', headers, body: 'name=ada&password=secret' });
  const lines = service.lines.map((line): Record<string, unknown> => JSON.parse(line));
  const client = '127.0.0.1';
  expect(lines.filter(({ msg }) => msg === 'form refused: no page of the console sent it')).toMatchObject([
    { log: 'audit', client, form: 'POST /console/tokens/:id/revoke' },
    { log: 'audit', client, form: 'POST /console/login' },
  ]);
  expect(service.lines.join('')).not.toMatch(/some-id|secret/);
});
