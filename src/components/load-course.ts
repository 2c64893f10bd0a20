import { getCollection, type CollectionEntry } from 'astro:content';

/** A module with its labs in the order of their folders. */
export interface CourseModule {
  readonly entry: CollectionEntry<'modules'>;
  readonly labs: CollectionEntry<'labs'>[];
}

/** Every module of the course in order, each with its labs. */
export async function loadCourse(): Promise<CourseModule[]> {
  const modules = await getCollection('modules');
  const labs = await getCollection('labs');
  return modules
    .toSorted((left, right) => left.data.number - right.data.number)
    .map((entry) => ({
      entry,
      labs: labs.filter(({ id }) => id.startsWith(`${entry.id}/`)).toSorted((left, right) => left.id.localeCompare(right.id)),
    }));
}
