import type { FileToPut } from '../../engine/server/docker-types.ts';
import { resolveVariables, type Variables } from '../variables.ts';
import type { LoadedLab } from './load-catalog.ts';

/** The learner's folder for the lab's files. */
const labFolder = '/home/learner/lab';

/** Files of all steps of a lab with the session's values in place, to be put into a sandbox at its start. */
export function labFiles({ steps }: LoadedLab, variables: Variables): FileToPut[] {
  return steps.flatMap(({ files }) =>
    files.map(({ path, contents, mode }) => ({
      path: `${labFolder}/${path}`,
      contents: resolveVariables(contents.toString('utf8'), variables),
      mode,
    })),
  );
}
