import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { newId } from '../../shared/server/ids.ts';

const timesSchema = z.record(z.string(), z.number().nonnegative());

/** How long each image took here the last time it was built, in milliseconds; kept in the cache directory. */
export class BuildTimes {
  readonly #file: string;
  readonly #times: Map<string, number>;

  private constructor(file: string, times: Map<string, number>) {
    this.#file = file;
    this.#times = times;
  }

  /** What is missing or damaged counts as never built. */
  static async load(cacheDirectory: string): Promise<BuildTimes> {
    const file = join(cacheDirectory, 'build-times.json');
    return new BuildTimes(file, await readTimes(file));
  }

  get(image: string): number | undefined {
    return this.#times.get(image);
  }

  async set(image: string, milliseconds: number): Promise<void> {
    this.#times.set(image, Math.round(milliseconds));
    // Another instance may have built other images meanwhile.
    const known = (await readTimes(this.#file)).set(image, Math.round(milliseconds));
    await mkdir(dirname(this.#file), { recursive: true });
    const unfinished = `${this.#file}.${newId()}`;
    await writeFile(unfinished, `${JSON.stringify(Object.fromEntries(known), undefined, 2)}\n`);
    await rename(unfinished, this.#file);
  }
}

async function readTimes(file: string): Promise<Map<string, number>> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  return new Map(Object.entries(timesSchema.safeParse(parseJson(text)).data ?? {}));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
