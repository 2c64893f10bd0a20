import { setInterval } from 'node:timers';
import { PlatformError } from '../../shared/errors.ts';
import type { Report, Stage } from '../../shared/progress.ts';
import type { Engine } from '../../engine/server/engine.ts';
import { makeBase, makeImageBuilder } from './bootstrap-image.ts';
import { emptyCacheDirectories, freeDiskOf, startBuildContainer, type BuildContainer } from './build-container.ts';
import type { BuildTimes } from './build-times.ts';
import { buildWithDockerfile } from './build-with-dockerfile.ts';
import { argumentOf, planOf, type BootstrapPlan, type DockerfilePlan } from './image-plan.ts';
import type { TaggedImage } from './image-tags.ts';
import type { Versions } from './versions.ts';

/**
 * Disk in bytes that one run of builds may take before Go's caches are emptied. Tools share much of them, so emptying
 * costs time; the largest tool adds 6 GiB, which keeps the peak below 20 GB.
 */
const diskBeforeEmptying = 10 * 1024 ** 3;
/** How often a running build says how far it is. */
const reportIntervalMs = 2000;

/** What {@link ImageBuild} works with. */
export interface ImageBuildOptions {
  readonly engine: Engine;
  readonly cacheDirectory: string;
  readonly report: Report;
  readonly versions: Versions;
  readonly tagged: ReadonlyMap<string, TaggedImage>;
  readonly times: BuildTimes;
}

/** One run of builds: shares the build container, which disposing removes, and makes each image at most once. */
export class ImageBuild implements AsyncDisposable {
  readonly #options: ImageBuildOptions;
  readonly #there = new Set<string>();
  #container: BuildContainer | undefined;
  #freeAtStart = 0;

  constructor(options: ImageBuildOptions) {
    this.#options = options;
  }

  /** Makes the image unless it is there, after what it needs. */
  async ensure(name: string): Promise<void> {
    if (this.#there.has(name)) return;
    const image = this.#image(name);
    const { docker } = this.#options.engine;
    if ((await docker.inspectImage(image.tag)) === undefined) {
      const plan = planOf(name);
      for (const need of plan.needs) await this.ensure(need);
      if (plan.kind === 'dockerfile' && this.#container === undefined) await this.#startContainer();
      await this.#timed(image, (onLine) => (plan.kind === 'bootstrap' ? this.#bootstrap(plan, image) : this.#build(plan, image, onLine)));
    }
    this.#there.add(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container?.[Symbol.asyncDispose]();
    this.#container = undefined;
  }

  #image(name: string): TaggedImage {
    const image = this.#options.tagged.get(name);
    if (image === undefined) throw new PlatformError('internal-error', `The image ${name} has no tag.`);
    return image;
  }

  async #startContainer(): Promise<BuildContainer> {
    await this.ensure('image-builder');
    const container = await startBuildContainer(this.#options.engine, this.#image('image-builder').tag);
    this.#freeAtStart = await freeDiskOf(this.#options.engine.docker, container.id);
    this.#container = container;
    return container;
  }

  async #bootstrap(plan: BootstrapPlan, image: TaggedImage): Promise<void> {
    const { engine, cacheDirectory, versions } = this.#options;
    const bootstrap = { docker: engine.docker, cacheDirectory, tag: image.tag };
    await (plan.name === 'base' ? makeBase(bootstrap, versions) : makeImageBuilder(bootstrap, this.#image('base').tag));
  }

  async #build(plan: DockerfilePlan, image: TaggedImage, onLine: (line: string) => void): Promise<void> {
    const { docker } = this.#options.engine;
    const container = this.#container ?? (await this.#startContainer());
    const images = Object.fromEntries(plan.needs.map((need) => [argumentOf(need), this.#image(need).tag]));
    await buildWithDockerfile({ docker, container: container.id, tag: image.tag, context: image.context, images, onLine });
    const taken = this.#freeAtStart - (await freeDiskOf(docker, container.id));
    if (taken > diskBeforeEmptying) await emptyCacheDirectories(docker, container.id);
  }

  /** Runs one build as a stage that reports its last line of output, and remembers how long it took. */
  async #timed(image: TaggedImage, work: (onLine: (line: string) => void) => Promise<void>): Promise<void> {
    const { report, times, versions } = this.#options;
    const startedAt = performance.now();
    const elapsedMs = (): number => Math.round(performance.now() - startedAt);
    const stage: Stage = {
      stage: `image:${image.name}`,
      title: `Building ${planOf(image.name).title}`,
      expectedMs: times.get(image.name) ?? (versions.expectedSeconds[image.name] ?? 60) * 1000,
    };
    let lastLine = '';
    const say = (): void =>
      report({ ...stage, state: 'running', elapsedMs: elapsedMs(), ...(lastLine === '' ? {} : { detail: lastLine }) });
    const timer = setInterval(say, reportIntervalMs);
    say();
    try {
      // Nothing may say `running` after the stage's last word.
      await work((line) => (lastLine = line.slice(0, 200))).finally(() => clearInterval(timer));
      report({ ...stage, state: 'done', elapsedMs: elapsedMs() });
      await times.set(image.name, elapsedMs());
    } catch (error) {
      report({ ...stage, state: 'failed', elapsedMs: elapsedMs(), detail: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }
}
