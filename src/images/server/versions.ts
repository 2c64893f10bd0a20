import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { repositoryRoot } from './repository.ts';

const versionsSchema = z.strictObject({
  debian: z.strictObject({
    suite: z.string().describe('Debian release that every image is made of.'),
    image: z
      .string()
      .regex(/^\S+@sha256:[0-9a-f]{64}$/)
      .describe('Its image, by digest, used where a registry answers.'),
  }),
  expectedSeconds: z
    .record(z.string(), z.number().positive())
    .describe('How long each image takes on two cores, until it has been built once.'),
});

/** What sandbox/versions.json pins. */
export type Versions = z.infer<typeof versionsSchema>;

export async function readVersions(): Promise<Versions> {
  return versionsSchema.parse(JSON.parse(await readFile(new URL('sandbox/versions.json', repositoryRoot), 'utf8')));
}
