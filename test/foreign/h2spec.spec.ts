import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findGo, goTools } from '../../tools/go.ts';
import { type ServedUnary, serveUnary } from '../support/http2/unary-server.ts';

/** Builds may take minutes on a machine with nothing in its caches. */
const BUILD_MS = 900_000;
/** Seconds that h2spec waits for an answer: each case of {@link NOT_PASSED} takes as long. */
const WAIT_SECONDS = 4;

/**
 * Cases that this server does not pass, by section and number. Envoy 1.40 and node:http2 do not pass them either. RFC 9113,
 * section 5.1, lets an endpoint ignore what it receives on a stream that it knows as reset.
 */
const NOT_PASSED = [
  'http2/5.1 8: closed: Sends a DATA frame after sending RST_STREAM frame',
  'http2/5.1 9: closed: Sends a HEADERS frame after sending RST_STREAM frame',
];

const tools = await findGo().then(
  () => goTools().catch((error: unknown) => String(error)),
  () => 'there is no Go, and none can be downloaded',
);
const reason = tools.startsWith('/') ? '' : ` (skipped: ${tools})`;

let served: ServedUnary;
let folder: string;

beforeAll(async () => {
  served = await serveUnary();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-h2spec-'));
});

afterAll(async () => {
  await served.close();
  await rm(folder, { recursive: true, force: true });
});

describe(
  'h2spec',
  () => {
    it.skipIf(reason !== '')(`passes all cases but those that are listed${reason}`, async () => {
      const report = join(folder, 'report.xml');
      const to = ['--host', '127.0.0.1', '--port', String(served.port), '--timeout', String(WAIT_SECONDS)];
      // Its exit code says only that not all passed.
      await promisify(execFile)(join(tools, 'h2spec'), [...to, '--junit-report', report]).catch(() => undefined);
      const cases = casesIn(await readFile(report, 'latin1'));
      expect(cases.filter(({ hasPassed }) => !hasPassed).map(({ name }) => name)).toEqual(NOT_PASSED);
      expect(cases).toHaveLength(145);
      expect(served.events.filter((event) => event.startsWith('broken'))).toEqual([]);
    });
  },
  BUILD_MS,
);

/** Reads the report, which is not well-formed: it has bytes of frames in it. */
function casesIn(report: string): readonly { readonly name: string; readonly hasPassed: boolean }[] {
  return report
    .split('<testsuite ')
    .flatMap((suite) =>
      [...suite.matchAll(/<testcase package="([^"]*)" classname="([^"]*)" time="[^"]*">(.*?)<\/testcase>/gs)].map(
        ([, section, title, content], at) => ({ name: `${section} ${at + 1}: ${title}`, hasPassed: content === '' }),
      ),
    );
}
