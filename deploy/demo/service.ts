/** Runs one demo service in a container, until SIGTERM. Arguments: its name and its port. */
import { createService } from './services.ts';

const [name = 'messages', port = '9301'] = process.argv.slice(2);
const server = createService(name).listen(Number(port));
// The first process of a container has no default action for a signal.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close());
