import { failed, passed, type Finding } from '../../check.ts';
import type { Check, CheckContext } from '../check-context.ts';
import { readFileOfLayers } from '../layer-file.ts';
import { platformImages, type Descriptor } from '../manifest.ts';
import { findImage, isFinding, type PresentImage } from './image.ts';

/** How an image must have been made. */
export interface BuiltFrom {
  /** The image that it must stand on. */
  readonly base: string;
  /** A file that only a build of this session's source has, and text that must be in it. */
  readonly file: { readonly path: string; readonly contains: string };
}

/** The image was built on `base` from this session's source. */
export function builtFrom(image: string, { base, file }: BuiltFrom): Check {
  return async (context) => {
    const [built, foundation] = await Promise.all([findImage(context, image), findImage(context, base)]);
    if (isFinding(built)) return built;
    if (isFinding(foundation)) return foundation;
    const layers = await layersOf(context, built);
    const baseLayers = await layersOf(context, foundation);
    if ('passed' in layers) return layers;
    if ('passed' in baseLayers) return baseLayers;
    if (!baseLayers.every(({ digest }, index) => layers[index]?.digest === digest)) {
      return failed(`an image that stands on ${context.resolve(base)}`, 'an image on another base');
    }
    const read = await readFileOfLayers(
      { registry: context.registry, repository: built.reference.repository },
      layers.slice(baseLayers.length),
      file.path,
    );
    if (read.kind === 'unusable') return failed(`${file.path} in the image`, read.reason);
    const wanted = `${file.path} from the source of this session`;
    if (read.kind === 'missing') return failed(wanted, 'an image without that file');
    return read.value.includes(context.resolve(file.contains))
      ? passed(built.manifest.digest)
      : failed(wanted, `${file.path} from somewhere else`);
  };
}

async function layersOf({ registry }: CheckContext, { reference, manifest }: PresentImage): Promise<readonly Descriptor[] | Finding> {
  if (manifest.layers !== undefined) return manifest.layers;
  const [first] = platformImages(manifest);
  if (first === undefined) return failed('an image that can run', 'an index without one');
  const found = await registry.manifest(reference.repository, first.digest);
  if (found.kind !== 'found') return failed('an image that can run', `an index whose image ${first.digest} is ${found.kind}`);
  return found.value.layers ?? [];
}
