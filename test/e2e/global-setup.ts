import { findEnvoy } from '../../tools/envoy.ts';

/** Gets Envoy once, before the first spec asks for it and within no test's time-out. */
export async function setup(): Promise<void> {
  const { version, origin } = await findEnvoy();
  process.stdout.write(`Envoy ${version}: ${origin}\n`);
}
