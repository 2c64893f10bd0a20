/** The folder of this clone, with a slash at its end. */
export const repositoryRoot: URL = new URL('../../../', import.meta.url);
