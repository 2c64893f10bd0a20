import { loadCatalog } from '../catalog/server/load-catalog.ts';
import { labsDirectory } from '../platform/server/create-platform.ts';

/** `labs lint`: loads every lab and names what is wrong. */
export async function lintLabs(): Promise<number> {
  const { labs, problems } = await loadCatalog(labsDirectory);
  const few = labs.flatMap(({ id, steps }) =>
    steps.filter(({ nearMisses }) => nearMisses.length < 2).map((step) => `${id}/${step.id}: fewer than two near-misses`),
  );
  const faults = [...problems.map(({ folder, message }) => `labs/${folder}: ${message}`), ...few];
  process.stdout.write(faults.length === 0 ? `${labs.length} labs, nothing wrong.\n` : `${faults.join('\n')}\n`);
  return faults.length === 0 ? 0 : 1;
}
