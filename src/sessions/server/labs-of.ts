import type { Lab } from '../../catalog/lab.ts';
import type { Catalog } from '../../catalog/server/load-catalog.ts';

/** The labs of the catalog that can be loaded. */
export function labsOf(catalog: Catalog): Lab[] {
  return catalog.modules.flatMap((module) => module.labs);
}

export function findLab(catalog: Catalog, id: string): Lab | undefined {
  return labsOf(catalog).find((lab) => lab.id === id);
}
