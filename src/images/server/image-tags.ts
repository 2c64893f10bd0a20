import { readContext, type ContextFile } from './build-context.ts';
import { baseSettings, imageBuilderSettings } from './bootstrap-image.ts';
import { contentHash } from './content-hash.ts';
import { planOf, type ImagePlan } from './image-plan.ts';
import type { Versions } from './versions.ts';

/** An image with what it is built from and the tag that follows from that. */
export interface TaggedImage {
  readonly name: string;
  /** `proofground/<name>:<hash>` */
  readonly tag: string;
  readonly hash: string;
  /** Empty for a bootstrap image. */
  readonly context: readonly ContextFile[];
}

/** Computes the tags of the wanted images and of all that they need, needed ones first. Reads files only. */
export async function tagImages(wanted: readonly string[], versions: Versions): Promise<ReadonlyMap<string, TaggedImage>> {
  const tagged = new Map<string, TaggedImage>();
  for (const name of wanted) await tagWithNeeds(name, versions, tagged);
  return tagged;
}

async function tagWithNeeds(name: string, versions: Versions, tagged: Map<string, TaggedImage>): Promise<void> {
  if (tagged.has(name)) return;
  const plan = planOf(name);
  for (const need of plan.needs) await tagWithNeeds(need, versions, tagged);
  const needs = new Map(plan.needs.map((need) => [need, tagged.get(need)?.hash ?? '']));
  const context = plan.kind === 'dockerfile' ? await readContext(plan) : [];
  const hash = contentHash({ name, files: context, needs, settings: settingsOf(plan, versions) });
  tagged.set(name, { name, tag: `proofground/${name}:${hash}`, hash, context });
}

function settingsOf(plan: ImagePlan, versions: Versions): string[] {
  if (plan.kind === 'dockerfile') return [];
  return plan.name === 'base' ? baseSettings(versions) : imageBuilderSettings();
}
