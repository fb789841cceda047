// Asks Sallyport about the token on standard input: node ask.ts 127.0.0.1:9194
import { text } from 'node:stream/consumers';
import { ask, connect } from './connect.ts';

const client = connect(process.argv[2] ?? '127.0.0.1:9194');
const token = (await text(process.stdin)).trim();

const answer = await ask(client.Authorize.bind(client), { token, scope: 'messages:send' });
console.log(answer.allowed ? `allowed: ${answer.identity?.subject}` : `denied: ${answer.reason}`);

const questions = [
  { token, scope: 'messages:list' },
  { token, request: { method: 'GET', host: 'sms.example', path: '/3rdparty/v1/devices' } },
];
const { answers } = await ask(client.AuthorizeMany.bind(client), { questions });
for (const { response } of answers) console.log(response?.allowed ? 'allowed' : `denied: ${response?.reason}`);

const found = await ask(client.Introspect.bind(client), { token });
console.log(found.active ? `active: ${found.scope}` : 'not active');
client.close();
