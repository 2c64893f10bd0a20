import { access, mkdir, rename, rm } from 'node:fs/promises';
import { PlatformError } from '../../shared/errors.ts';
import { runCommand } from './run-command.ts';

/** A Debian root file system to make: a directory, or a tar file when `target` ends in `.tar`. */
export interface DebianRoot {
  readonly suite: string;
  readonly packages: readonly string[];
  readonly target: string;
  readonly options?: readonly string[];
}

/** Makes a Debian root out of the package archive. Needs root on Linux; installs mmdebstrap where apt-get can. */
export async function makeDebianRoot({ suite, packages, target, options = [] }: DebianRoot): Promise<void> {
  await ensureMmdebstrap();
  const unfinished = target.endsWith('.tar') ? target.replace(/\.tar$/, '.new.tar') : `${target}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(target.slice(0, target.lastIndexOf('/')), { recursive: true });
  const mirror = process.env['PROOFGROUND_DEBIAN_MIRROR'];
  const result = await runCommand({
    command: [
      'mmdebstrap',
      '--mode=root',
      '--variant=minbase',
      `--include=${packages.join(',')}`,
      ...options,
      suite,
      unfinished,
      ...(mirror === undefined || mirror === '' ? [] : [mirror]),
    ],
    env: { TMPDIR: '/tmp' },
  });
  if (result.exitCode !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new PlatformError('image-build-failed', `mmdebstrap could not make a Debian ${suite} root:\n${result.tail.join('\n')}`);
  }
  await rename(unfinished, target);
}

/** Whether this machine can make a Debian root at all, without trying. */
export async function canMakeDebianRoot(): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  return (await exists('/usr/bin/mmdebstrap')) || (await exists('/usr/bin/apt-get'));
}

async function ensureMmdebstrap(): Promise<void> {
  if (await exists('/usr/bin/mmdebstrap')) return;
  // The keyring is what the archive's signatures are checked with; Ubuntu does not have it by default.
  const packages = ['mmdebstrap', 'debian-archive-keyring'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runCommand({ command: ['apt-get', 'update'], env });
  const result = await runCommand({ command: ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages], env });
  if (result.exitCode !== 0) {
    throw new PlatformError(
      'engine-unavailable',
      `mmdebstrap is missing and could not be installed. On Debian or Ubuntu: apt-get install ${packages.join(' ')}; on Fedora: dnf install mmdebstrap debian-keyring.\n${result.tail.join('\n')}`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
