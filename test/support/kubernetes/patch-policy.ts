import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Recorded } from './envoy-gateway.ts';

const POLICY = new URL('../../../deploy/gateways/envoy-kept/envoy-gateway.yaml', import.meta.url);

/** An EnvoyPatchPolicy, as far as it is read here. */
interface PatchPolicy {
  readonly spec: { readonly jsonPatches: readonly Patch[] };
}
interface Patch {
  readonly type: string;
  readonly operation: { readonly op: string; readonly path: string; readonly value: unknown };
}

/** Applies the policy of kept answers, as Envoy Gateway does (RFC 6902), in place. The record has names in camelCase. */
export function applyKeptPolicy(recorded: Recorded): void {
  const policy = parse(readFileSync(POLICY, 'utf8')) as PatchPolicy;
  for (const { type, operation } of policy.spec.jsonPatches) {
    if (operation.op !== 'add') throw new Error(`cannot apply ${operation.op}`);
    const resource = type.endsWith('.Listener') ? recorded.listener : recorded.routes;
    const steps = operation.path.slice(1).split('/').map(inCamelCase);
    const last = steps.pop() ?? '';
    const parent = steps.reduce<unknown>((value, step) => memberOf(value, step, operation.path), resource);
    if (Array.isArray(parent)) parent.splice(Number(last), 0, operation.value);
    else if (typeof parent === 'object' && parent !== null) Reflect.set(parent, last, operation.value);
  }
}

/** A path that does not exist is an error, as it is for Envoy Gateway. */
function memberOf(value: unknown, step: string, path: string): unknown {
  const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  if (member === undefined) throw new Error(`nothing is at ${path}: the policy does not fit the record`);
  return member;
}

function inCamelCase(step: string): string {
  return step.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
