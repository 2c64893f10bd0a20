import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineCollection } from 'astro:content';
import { glob } from 'astro/loaders';
import { z } from 'astro/zod';
import { mdxToJs } from 'satteri';
import { labSchema, moduleSchema } from './catalog/lab.ts';

const root = resolve('labs');
const files = await readdir(root, { recursive: true });

/** The texts of the modules; ids are their folders, for example `11-supply-chain-security`. */
const modules = defineCollection({
  loader: glob({ base: root, pattern: '*/module.mdx', generateId: ({ entry }) => entry.replace(/\/module\.mdx$/, '') }),
  schema: moduleSchema,
});

/**
 * The texts of the steps; ids are `<module>/<lab>/<step>`. Only `step.mdx` is ever read into the site:
 * checks, solutions and near-misses have no way in.
 */
const steps = defineCollection({
  loader: glob({ base: root, pattern: await readableSteps(), generateId: ({ entry }) => entry.replace(/\/step\.mdx$/, '') }),
  // The catalog checks the front matter and leaves out a lab whose text is wrong; here it must not stop the whole site.
  schema: z.looseObject({}),
});

/** The labs, as their `lab.ts` describe them; ids are `<module>/<lab folder>`. A broken one is left out and named in the log. */
const labs = defineCollection({
  loader: {
    name: 'labs',
    load: async ({ store, parseData, logger }) => {
      store.clear();
      for (const file of files.filter((one) => /^[^/]+\/[^/]+\/lab\.ts$/.test(one))) {
        const id = join(file, '..');
        try {
          const { lab } = (await import(/* @vite-ignore */ pathToFileURL(join(root, file)).href)) as { lab: Record<string, unknown> };
          store.set({ id, data: await parseData({ id, data: lab, filePath: join(root, file) }) });
        } catch (error) {
          logger.error(`labs/${file}: ${messageOf(error)}`);
        }
      }
    },
  },
  schema: labSchema,
});

/** Steps whose text can be compiled. One that cannot would end the build of the whole site; its lab is left out instead. */
async function readableSteps(): Promise<string[]> {
  const readable: string[] = [];
  for (const file of files.filter((one) => /^[^/]+\/[^/]+\/[^/]+\/step\.mdx$/.test(one))) {
    try {
      await mdxToJs(await readFile(join(root, file), 'utf8'), {});
      readable.push(file);
    } catch (error) {
      console.error(`labs/${file}: ${messageOf(error)}`);
    }
  }
  return readable;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export const collections = { modules, steps, labs };
