import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildLabels } from '../../engine/server/build-owner.ts';
import { canMakeDebianRoot, makeDebianRoot } from '../../engine/server/debian-root.ts';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import { PlatformError } from '../../shared/errors.ts';
import { newId } from '../../shared/server/ids.ts';
import { proxyEnvironment } from './machine-settings.ts';
import type { Versions } from './versions.ts';

const basePackages = ['ca-certificates'];
const imageBuilderPackages = ['docker-buildx', 'docker-cli', 'git', 'openssl'];
/** What an image has no use for. The copyright files stay: they are the licence to pass the rest on. */
const leftOut = [
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
];
const changes = ['CMD ["bash"]', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
const aptTimeoutMs = 10 * 60_000;

/** The pinned Debian image, or the one that PROOFGROUND_BASE_IMAGE names (by digest). */
function debianImage(versions: Versions): string {
  const named = process.env['PROOFGROUND_BASE_IMAGE'];
  if (named === undefined || named === '') return versions.debian.image;
  if (/^\S+@sha256:[0-9a-f]{64}$/.test(named)) return named;
  throw new PlatformError('configuration-invalid', `PROOFGROUND_BASE_IMAGE is ${named}; expected an image by digest, name@sha256:....`);
}

/** What decides the base image, for its content hash. */
export function baseSettings(versions: Versions): string[] {
  return [versions.debian.suite, debianImage(versions), ...basePackages, ...leftOut, ...changes];
}

/** What decides the image that builds images, for its content hash. */
export function imageBuilderSettings(): string[] {
  return [...imageBuilderPackages, ...changes];
}

/** Where a bootstrap image is made. */
export interface Bootstrap {
  readonly docker: DockerClient;
  readonly cacheDirectory: string;
  readonly tag: string;
}

/** Debian with certificates: the official image where a registry answers, else made from the package archive. */
export async function makeBase({ docker, cacheDirectory, tag }: Bootstrap, versions: Versions): Promise<void> {
  const image = debianImage(versions);
  const refusal = await docker.pullImage(image).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (refusal === undefined) return installInto({ docker, cacheDirectory, tag }, image, basePackages);
  if (!(await canMakeDebianRoot())) {
    throw new PlatformError(
      'image-build-failed',
      `${image} could not be pulled (${refusal}), and only root on Debian or Ubuntu can make it from packages. Set PROOFGROUND_BASE_IMAGE to a Debian ${versions.debian.suite} image by digest in a registry that this machine reaches.`,
    );
  }
  const target = join(cacheDirectory, 'tmp', `base-${newId()}.tar`);
  try {
    await makeDebianRoot({
      suite: versions.debian.suite,
      packages: basePackages,
      target,
      options: leftOut.map((option) => `--dpkgopt=${option}`),
    });
    await docker.importImage(createReadStream(target), tag, changes);
  } finally {
    await rm(target, { force: true });
  }
}

/** The base image with the command line tools that drive the engine. */
export function makeImageBuilder(bootstrap: Bootstrap, base: string): Promise<void> {
  return installInto(bootstrap, base, imageBuilderPackages);
}

async function installInto({ docker, tag }: Bootstrap, from: string, packages: readonly string[]): Promise<void> {
  const container = await docker.runContainer({
    name: `pg-build-${newId()}`,
    image: from,
    labels: buildLabels(),
    command: ['sleep', '3600'],
    network: { name: 'bridge' },
  });
  try {
    const script = `apt-get update && apt-get install --yes --no-install-recommends ${packages.join(' ')} && apt-get clean && rm -rf /var/lib/apt/lists/*`;
    const env = { ...proxyEnvironment(), DEBIAN_FRONTEND: 'noninteractive' };
    const result = await docker.exec(container, { command: ['sh', '-c', `(${script}) 2>&1`], env, timeoutMs: aptTimeoutMs });
    if (result.exitCode !== 0) {
      const tail = result.stdout.toString('utf8').trimEnd().split('\n').slice(-40).join('\n');
      throw new PlatformError('image-build-failed', `Installing ${packages.join(', ')} failed:\n${tail}`);
    }
    await docker.commitContainer(container, tag, changes);
  } finally {
    await docker.removeContainer(container);
  }
}
