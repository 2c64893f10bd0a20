import { createHash } from 'node:crypto';
import type { ContextFile } from './build-context.ts';

/** What decides an image: change the first line when the way of building changes. */
export interface ImageInputs {
  readonly name: string;
  readonly files: readonly ContextFile[];
  /** Needed image to its hash. */
  readonly needs: ReadonlyMap<string, string>;
  /** Anything else, for example the packages of a bootstrap image. */
  readonly settings?: readonly string[];
}

const recipe = 'proofground image 1';

/** 16 hexadecimal digits that differ when anything that goes into the image differs. */
export function contentHash({ name, files, needs, settings = [] }: ImageInputs): string {
  const hash = createHash('sha256');
  const add = (...parts: readonly (string | Buffer)[]): void => {
    for (const part of parts) {
      // The length keeps two neighbours from being read as one.
      hash.update(`${Buffer.byteLength(part)}:`);
      hash.update(part);
    }
  };
  add(recipe, name, ...settings);
  for (const [need, needHash] of [...needs].toSorted()) add('need', need, needHash);
  for (const file of files) add('file', file.path, file.executable ? 'x' : '-', file.contents);
  return hash.digest('hex').slice(0, 16);
}
