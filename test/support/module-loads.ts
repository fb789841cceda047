/** For `node --import`: on each SIGUSR2, the process prints which modules it has loaded since the last one. */
import { registerHooks } from 'node:module';

/** Node's own modules are loaded when they are first used, too. The list is not in Node's types. */
const { moduleLoadList: own } = process as unknown as { readonly moduleLoadList: readonly string[] };

let files: string[] = [];
let known = 0;
registerHooks({
  load(url, context, next) {
    files.push(url);
    return next(url, context);
  },
});
process.on('SIGUSR2', () => {
  process.stdout.write(`loaded: ${JSON.stringify([...files, ...own.slice(known)])}\n`);
  files = [];
  known = own.length;
});
