import type { DockerClient } from '../../engine/server/docker-client.ts';

/** A member that should answer, and the command that finds out when run in `observer`. */
export interface ReadinessProbe {
  readonly docker: DockerClient;
  /** Container that is waited for. */
  readonly member: string;
  /** Container in which `command` runs; exit code 0 means ready. */
  readonly observer: string;
  readonly command: string;
  readonly timeoutMs: number;
}

/** Asking again costs an exec of about 100 ms, so a whole second of asking happens inside one exec. */
const roundSeconds = 2;

/** Waits until the command succeeds; throws as soon as the member has ended, or after `timeoutMs`. */
export async function waitUntilReady({ docker, member, observer, command, timeoutMs }: ReadinessProbe): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const loop = `until ${command} >/dev/null 2>/tmp/probe-error; do sleep 0.05; done`;
  let lastError = '';
  while (performance.now() < deadline) {
    const result = await docker.exec(observer, {
      command: ['timeout', `${roundSeconds}`, 'sh', '-c', loop],
      timeoutMs: (roundSeconds + 3) * 1000,
    });
    if (result.exitCode === 0) return;
    const state = await docker.inspectContainer(member);
    if (state?.state !== 'running') throw new Error(`${member} has ended (${state?.state ?? 'it is gone'}).`);
    const tail = await docker.exec(observer, { command: ['tail', '-c', '500', '/tmp/probe-error'], timeoutMs: 5000 });
    lastError = tail.stdout.toString('utf8').trim();
  }
  throw new Error(`${member} did not answer within ${timeoutMs / 1000} s. ${lastError}`.trim());
}
