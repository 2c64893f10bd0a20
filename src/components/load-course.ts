import { getCollection, type CollectionEntry } from 'astro:content';

/** A module with its labs in the order of their folders. */
export interface CourseModule {
  readonly entry: CollectionEntry<'modules'>;
  readonly labs: CollectionEntry<'labs'>[];
}

/** Every module of the course in order, each with its labs. */
export async function loadCourse(): Promise<CourseModule[]> {
  const modules = await getCollection('modules');
  const texts = new Set((await getCollection('steps')).map(({ id }) => id));
  const labs = await getCollection('labs', (lab) => isComplete(lab, texts));
  return modules
    .toSorted((left, right) => left.data.number - right.data.number)
    .map((entry) => ({
      entry,
      labs: labs.filter(({ id }) => id.startsWith(`${entry.id}/`)).toSorted((left, right) => left.id.localeCompare(right.id)),
    }));
}

/** A lab without one of its texts is left out, so that it takes nothing else down; the server names it at its start. */
function isComplete({ id, data }: CollectionEntry<'labs'>, texts: ReadonlySet<string>): boolean {
  const missing = data.steps.filter((step) => !texts.has(`${id}/${step.id}`));
  for (const step of missing) console.error(`labs/${id} is left out: ${step.id}/step.mdx is missing or cannot be read`);
  return missing.length === 0;
}
