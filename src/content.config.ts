import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineCollection } from 'astro:content';
import { glob } from 'astro/loaders';
import { labSchema, moduleSchema, stepTextSchema } from './catalog/lab.ts';

const folder = 'labs';

/** The texts of the modules; ids are their folders, for example `11-supply-chain-security`. */
const modules = defineCollection({
  loader: glob({ base: `./${folder}`, pattern: '*/module.mdx', generateId: ({ entry }) => entry.replace(/\/module\.mdx$/, '') }),
  schema: moduleSchema,
});

/**
 * The texts of the steps; ids are `<module>/<lab>/<step>`. Only `step.mdx` is ever read into the site:
 * checks, solutions and near-misses have no way in.
 */
const steps = defineCollection({
  loader: glob({ base: `./${folder}`, pattern: '*/*/*/step.mdx', generateId: ({ entry }) => entry.replace(/\/step\.mdx$/, '') }),
  schema: stepTextSchema,
});

/** The labs, as their `lab.ts` describe them; ids are `<module>/<lab folder>`. A broken one is left out and named in the log. */
const labs = defineCollection({
  loader: {
    name: 'labs',
    load: async ({ store, parseData, logger, config }) => {
      store.clear();
      for (const id of await listLabFolders(new URL(`${folder}/`, config.root).pathname)) {
        const file = new URL(`${folder}/${id}/lab.ts`, config.root);
        try {
          const { lab } = (await import(/* @vite-ignore */ pathToFileURL(file.pathname).href)) as { lab: Record<string, unknown> };
          store.set({ id, data: await parseData({ id, data: lab, filePath: file.pathname }) });
        } catch (error) {
          logger.error(`${folder}/${id}/lab.ts: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    },
  },
  schema: labSchema,
});

async function listLabFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  return entries.filter((entry) => /^[^/]+\/[^/]+\/lab\.ts$/.test(entry)).map((entry) => join(entry, '..'));
}

export const collections = { modules, steps, labs };
