import { posix } from 'node:path';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { ExecResult } from '../../engine/server/docker-types.ts';
import type { CommandOptions } from './sandbox-driver.ts';

const defaultTimeoutMs = 60_000;
/** `timeout` gets this long to kill and report before the engine's stream is closed over its head. */
const graceMs = 4000;
/** What `timeout` exits with when it had to end the command, and what the shell makes of a kill. */
const timeoutExitCodes: readonly number[] = [124, 137];

/** A container and who runs commands there. */
export interface CommandPlace {
  readonly docker: DockerClient;
  readonly container: string;
  readonly user?: string;
  readonly folder: string;
}

/**
 * Runs a command that ends: inside the container `timeout` kills it, since closing an exec's stream leaves the process
 * running. A missing working directory is the command's failure (exit code 125), not the engine's.
 */
export async function runCommand(place: CommandPlace, command: readonly string[], options: CommandOptions = {}): Promise<ExecResult> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const startedAt = performance.now();
  const result = await place.docker.exec(place.container, {
    command: [
      ...['/usr/bin/timeout', '--kill-after=2', `${timeoutMs / 1000}`],
      ...['/usr/bin/env', `--chdir=${posix.resolve(place.folder, options.workingDirectory ?? '.')}`, '--'],
      ...command,
    ],
    workingDirectory: '/',
    timeoutMs: timeoutMs + graceMs,
    ...(place.user === undefined ? {} : { user: place.user }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  });
  const ranOut = timeoutExitCodes.includes(result.exitCode) && performance.now() - startedAt >= timeoutMs;
  return ranOut ? { ...result, exitCode: -1, timedOut: true } : result;
}
