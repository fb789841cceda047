import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type KubernetesObject, nameOf } from './objects.ts';

/** The base of the references in the schemas: `/api/_definitions.json`. */
const BASE = 'https://kubernetes.example/api/';
const DEFINITIONS = '_definitions.json';

/** Compares objects with the strict JSON Schemas of Kubernetes: an unknown member is a fault. */
export class KubernetesSchemas {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  private readonly folder: string;

  /** @param folder as `kubernetesSchemas()` of `tools/kubernetes/programs.ts` returns it. */
  constructor(folder: string) {
    this.folder = folder;
    this.ajv.addSchema(this.read(DEFINITIONS), BASE + DEFINITIONS);
  }

  /** Whether Kubernetes itself defines the kind of an object; other kinds come from custom resource definitions. */
  defines(object: KubernetesObject): boolean {
    return existsSync(join(this.folder, fileOf(object)));
  }

  /** Returns the faults of an object whose kind Kubernetes defines, as text. */
  faultsOf(object: KubernetesObject): string[] {
    const name = fileOf(object);
    const validate = this.ajv.getSchema(BASE + name) ?? this.ajv.compile({ ...this.read(name), $id: BASE + name });
    if (validate(object) === true) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [nameOf(object), instancePath, message, JSON.stringify(params)].join(' '),
    );
  }

  private read(name: string): object {
    return JSON.parse(readFileSync(join(this.folder, name), 'utf8'));
  }
}

/** The file of a kind, such as `deployment-apps-v1.json`. */
function fileOf({ apiVersion, kind }: KubernetesObject): string {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  const parts = [kind, group.split('.')[0], version].filter((part) => part !== '');
  return `${parts.join('-').toLowerCase()}.json`;
}
