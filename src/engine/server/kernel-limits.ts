import { readFile, writeFile } from 'node:fs/promises';

/** A limit of the kernel that many clusters on one machine meet. */
export interface KernelLimit {
  readonly name: string;
  readonly path: string;
  /** A node takes about 12 inotify instances and 100 terminals' worth of nothing else; these allow some fifty nodes. */
  readonly wanted: number;
}

/** How a limit stands after {@link raiseKernelLimits}. */
export interface KernelLimitState extends KernelLimit {
  readonly before: number;
  readonly now: number;
}

/** The limits that set-up raises and `doctor` reports. */
export const kernelLimits: readonly KernelLimit[] = [
  { name: 'fs.inotify.max_user_instances', path: '/proc/sys/fs/inotify/max_user_instances', wanted: 8192 },
  { name: 'fs.inotify.max_user_watches', path: '/proc/sys/fs/inotify/max_user_watches', wanted: 1_048_576 },
  { name: 'kernel.pty.max', path: '/proc/sys/kernel/pty/max', wanted: 4096 },
];

/** Raises the limits where this process may (root on Linux), never lowers one. Limits that cannot be read are left out. */
export async function raiseKernelLimits(limits: readonly KernelLimit[] = kernelLimits): Promise<KernelLimitState[]> {
  const states = await Promise.all(limits.map(raise));
  return states.filter((state) => state !== undefined);
}

async function raise(limit: KernelLimit): Promise<KernelLimitState | undefined> {
  const before = await read(limit.path);
  if (before === undefined) return undefined;
  if (before < limit.wanted) await writeFile(limit.path, String(limit.wanted)).catch(() => undefined);
  return { ...limit, before, now: (await read(limit.path)) ?? before };
}

async function read(path: string): Promise<number | undefined> {
  const value = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  return Number.isNaN(value) ? undefined : value;
}
