import { Readable } from 'node:stream';
import { newId } from '../../shared/server/ids.ts';
import type { DockerClient } from './docker-client.ts';
import type { EngineInfo } from './docker-types.ts';
import { probeProgram } from './probe-program.ts';
import { packFiles } from './tar-files.ts';
import { within } from './within.ts';

/** Oldest Engine API that has everything that is used: 1.44 is Docker 25. */
const oldestApi = { major: 1, minor: 44 };
/** A dead TCP address or a hung daemon must not hold up the start. */
const answerTimeoutMs = 10_000;
const privilegedTimeoutMs = 60_000;

/** What trying an engine found; `reason` is a clause that completes "it cannot be used: ...". */
export type ProbeResult =
  { readonly usable: true; readonly info: EngineInfo } | { readonly usable: false; readonly answers: boolean; readonly reason: string };

/** Tries an engine: that it answers, that it is recent enough, and that it runs a privileged container. */
export async function probeEngine(docker: DockerClient): Promise<ProbeResult> {
  let info: EngineInfo;
  try {
    info = await within(answerTimeoutMs, docker.info());
  } catch (error) {
    return { usable: false, answers: false, reason: messageOf(error) };
  }
  const refusal = refusalOf(info);
  if (refusal !== undefined) return { usable: false, answers: true, reason: refusal };
  try {
    await within(privilegedTimeoutMs, runPrivileged(docker, info.architecture));
    return { usable: true, info };
  } catch (error) {
    return { usable: false, answers: true, reason: `it does not run privileged containers: ${messageOf(error)}` };
  }
}

function refusalOf(info: EngineInfo): string | undefined {
  const [major = 0, minor = 0] = info.apiVersion.split('.').map(Number);
  if (major < oldestApi.major || (major === oldestApi.major && minor < oldestApi.minor)) {
    return `its API is ${info.apiVersion}, expected ${oldestApi.major}.${oldestApi.minor} (Docker 25) or newer`;
  }
  if (info.operatingSystemType !== 'linux') return `it runs ${info.operatingSystemType} containers, expected linux`;
  if (info.rootless) return 'it is rootless, and the cluster of a lab needs privileged containers';
  return undefined;
}

async function runPrivileged(docker: DockerClient, architecture: string): Promise<void> {
  const image = `proofground/probe:${architecture}`;
  if ((await docker.inspectImage(image)) === undefined) {
    const archive = await packFiles([{ path: '/probe', contents: probeProgram(architecture), mode: 0o755 }]);
    await docker.importImage(Readable.from([archive]), image, ['ENTRYPOINT ["/probe"]']);
  }
  const container = await docker.createContainer({
    name: `pg-probe-${newId()}`,
    image,
    labels: { 'dev.proofground.probe': '1' },
    privileged: true,
  });
  try {
    await docker.startContainer(container);
    const exitCode = await docker.waitForExit(container);
    if (exitCode !== 0) throw new Error(`the probe ended with status ${exitCode}`);
  } finally {
    await docker.removeContainer(container);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
