import { PlatformError } from '../../../shared/errors.ts';
import { failed, passed, type Finding } from '../../check.ts';
import type { Check, CheckContext } from '../check-context.ts';
import { parseImageReference, type ImageReference } from '../image-reference.ts';
import type { Manifest } from '../manifest.ts';

/** An image that is in the registry. */
export interface PresentImage {
  readonly reference: ImageReference;
  readonly manifest: Manifest;
}

/** Finds the image of a reference with variables resolved, or says what is wrong with it. */
export async function findImage(context: CheckContext, text: string): Promise<PresentImage | Finding> {
  const resolved = context.resolve(text);
  const reference = parseImageReference(resolved);
  if (reference === undefined) throw new PlatformError('check-broken', `The check names no image: ${resolved}`);
  const found = await context.registry.manifest(reference.repository, reference.reference);
  if (found.kind === 'found') return { reference, manifest: found.value };
  return failed(`an image at ${resolved}`, found.kind === 'missing' ? await whatIsThere(context, reference) : found.reason);
}

/** True for a finding, false for an image. */
export function isFinding(value: PresentImage | Finding): value is Finding {
  return 'passed' in value;
}

/** The image exists in the registry. */
export function exists(image: string): Check {
  return async (context) => {
    const found = await findImage(context, image);
    return isFinding(found) ? found : passed(found.manifest.digest);
  };
}

/** The tag `moved` exists and no longer names the image that `original` names. */
export function tagMovedFrom(moved: string, original: string): Check {
  return async (context) => {
    const [now, before] = await Promise.all([findImage(context, moved), findImage(context, original)]);
    if (isFinding(now)) return now;
    if (isFinding(before)) return before;
    if (now.manifest.digest !== before.manifest.digest) return passed(now.manifest.digest);
    return failed(
      `another image behind ${context.resolve(moved)} than behind ${context.resolve(original)}`,
      `both name ${now.manifest.digest}`,
    );
  };
}

/** Both references name the same image. */
export function sameImage(one: string, other: string): Check {
  return async (context) => {
    const [first, second] = await Promise.all([findImage(context, one), findImage(context, other)]);
    if (isFinding(first)) return first;
    if (isFinding(second)) return second;
    if (first.manifest.digest === second.manifest.digest) return passed(first.manifest.digest);
    return failed(second.manifest.digest, first.manifest.digest);
  };
}

async function whatIsThere({ registry }: CheckContext, { repository, reference }: ImageReference): Promise<string> {
  const tags = (await registry.tags(repository)).filter((tag) => !/^sha256-[0-9a-f]{64}/.test(tag));
  if (tags.length === 0) return `nothing in the repository ${repository}`;
  return `no ${reference} in ${repository}, only ${tags.slice(0, 5).join(', ')}`;
}
