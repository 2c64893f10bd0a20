import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { ZodError } from 'zod';
import { labSchema, moduleSchema, needsUpTo, type Lab } from '../lab.ts';
import { loadStep, type LoadedStep } from './load-step.ts';

/** A lab that can be started. `lab` is what pages may show; the rest stays on the server. */
export interface LoadedLab {
  readonly id: string;
  readonly moduleId: string;
  readonly lab: Lab;
  readonly steps: readonly LoadedStep[];
}

/** A module and the labs of it that could be loaded, in the order of their folders. */
export interface LoadedModule {
  readonly id: string;
  readonly title: string;
  readonly labs: readonly LoadedLab[];
}

/** Why a lab or module is not in the catalogue; the rest is not affected. */
export interface CatalogProblem {
  /** Folder, relative to the root of the labs. */
  readonly folder: string;
  readonly message: string;
}

/** All modules and labs. */
export class Catalog {
  readonly modules: readonly LoadedModule[];
  readonly problems: readonly CatalogProblem[];

  constructor(modules: readonly LoadedModule[], problems: readonly CatalogProblem[]) {
    this.modules = modules;
    this.problems = problems;
  }

  /** Every lab of every module. */
  get labs(): readonly LoadedLab[] {
    return this.modules.flatMap(({ labs }) => labs);
  }

  findLab(id: string): LoadedLab | undefined {
    return this.labs.find((lab) => lab.id === id);
  }
}

/** Reads the folder of labs: modules named `NN-name` with module.mdx, labs below them with lab.ts. */
export async function loadCatalog(root: string): Promise<Catalog> {
  const problems: CatalogProblem[] = [];
  const modules: LoadedModule[] = [];
  for (const id of await foldersIn(root)) {
    const loaded = await attempt(problems, id, () => loadModule({ root, problems, known: modules.flatMap(({ labs }) => labs) }, id));
    if (loaded !== undefined) modules.push(loaded);
  }
  return new Catalog(modules, problems);
}

interface Loading {
  readonly root: string;
  readonly problems: CatalogProblem[];
  readonly known: readonly LoadedLab[];
}

async function loadModule({ root, problems, known }: Loading, id: string): Promise<LoadedModule> {
  const { title } = moduleSchema.parse(await readFrontMatter(join(root, id, 'module.mdx')));
  const labs: LoadedLab[] = [];
  for (const folder of await foldersIn(join(root, id))) {
    const loaded = await attempt(problems, `${id}/${folder}`, () => loadLab(join(root, id, folder), id));
    if (loaded === undefined) continue;
    if ([...known, ...labs].some((lab) => lab.id === loaded.id))
      problems.push({ folder: `${id}/${folder}`, message: `There are two labs with the id ${loaded.id}.` });
    else labs.push(loaded);
  }
  return { id, title, labs };
}

async function loadLab(folder: string, moduleId: string): Promise<LoadedLab> {
  const loaded = (await import(pathToFileURL(join(folder, 'lab.ts')).href)) as { lab?: unknown };
  const lab = labSchema.parse(loaded.lab);
  const steps = await Promise.all(lab.steps.map((step, index) => loadStep(join(folder, step.id), step, needsUpTo(lab, index))));
  return { id: lab.id, moduleId, lab, steps };
}

async function attempt<T>(problems: CatalogProblem[], folder: string, load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    problems.push({ folder, message: messageOf(error) });
    return undefined;
  }
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted();
}

async function readFrontMatter(path: string): Promise<unknown> {
  const [, frontMatter] = /^---\n([\s\S]*?)\n---\n/.exec(await readFile(path, 'utf8')) ?? [];
  return parse(frontMatter ?? '');
}

function messageOf(error: unknown): string {
  if (error instanceof ZodError) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return error instanceof Error ? error.message : String(error);
}
