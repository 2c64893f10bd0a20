import { PlatformError } from '../../shared/errors.ts';
import type { Report } from '../../shared/progress.ts';
import { freeDiskToBuildBytes, freeMemoryToBuildBytes, requireDisk, requireMemory } from '../../engine/server/check-resources.ts';
import type { Engine } from '../../engine/server/engine.ts';
import { defaultCacheDirectory } from '../../engine/server/engine-paths.ts';
import { BuildTimes } from './build-times.ts';
import { ImageBuild } from './image-build.ts';
import type { ImageName } from './image-plan.ts';
import { tagImages, type TaggedImage } from './image-tags.ts';
import { readVersions } from './versions.ts';

/** The wanted images, all of them there. */
export interface ImageSet {
  /** Reference to start a container from; throws for an image that was not among the wanted ones. */
  reference(name: ImageName): string;
}

/** What to build, where, and whom to tell. */
export interface BuildImagesOptions {
  readonly engine: Engine;
  readonly wanted: readonly ImageName[];
  readonly report: Report;
  /** Default: {@link defaultCacheDirectory} of this process. */
  readonly cacheDirectory?: string;
  /** Called as soon as an image is there, in the order in which they get ready. */
  readonly onReady?: (name: ImageName, reference: string) => void;
}

/**
 * Makes sure that the wanted images are on the engine, building what is missing with all that it needs. An image's
 * tag is the hash of its inputs, so what has not changed is not built. One reported stage per image that is built.
 * Throws `disk-too-small` or `memory-too-small` before anything is built, `image-build-failed` with the end of the log.
 */
export async function buildImages(options: BuildImagesOptions): Promise<ImageSet> {
  const { engine, wanted, report, onReady, cacheDirectory = defaultCacheDirectory(process.env) } = options;
  const versions = await readVersions();
  // Every build runs in a container of the image builder, whatever is built.
  const tagged = await tagImages(['image-builder', ...wanted], versions);
  const missing = await findMissing(
    engine,
    [...tagged.values()].filter((image) => wanted.some((name) => name === image.name)),
  );
  for (const name of wanted) if (!missing.has(name)) onReady?.(name, tagOf(tagged, name));
  if (missing.size > 0) {
    await requireRoom(engine, cacheDirectory);
    await using build = new ImageBuild({ engine, cacheDirectory, report, versions, tagged, times: await BuildTimes.load(cacheDirectory) });
    for (const name of wanted.filter((candidate) => missing.has(candidate))) {
      await build.ensure(name);
      onReady?.(name, tagOf(tagged, name));
    }
  }
  return { reference: (name) => tagOf(tagged, name) };
}

async function findMissing(engine: Engine, images: readonly TaggedImage[]): Promise<Set<string>> {
  const found = await Promise.all(
    images.map(async ({ name, tag }) => ({ name, there: (await engine.docker.inspectImage(tag)) !== undefined })),
  );
  return new Set(found.filter(({ there }) => !there).map(({ name }) => name));
}

/** Only the embedded engine's disk and memory are known to be this machine's. */
async function requireRoom(engine: Engine, cacheDirectory: string): Promise<void> {
  if (engine.kind !== 'embedded') return;
  requireMemory(freeMemoryToBuildBytes);
  await requireDisk(cacheDirectory, freeDiskToBuildBytes);
}

function tagOf(tagged: ReadonlyMap<string, TaggedImage>, name: ImageName): string {
  const image = tagged.get(name);
  if (image === undefined) throw new PlatformError('internal-error', `The image ${name} was not among those that were built.`);
  return image.tag;
}
