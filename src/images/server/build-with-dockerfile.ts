import type { DockerClient } from '../../engine/server/docker-client.ts';
import type { FileToPut } from '../../engine/server/docker-types.ts';
import { readLines } from '../../engine/server/run-command.ts';
import { packFiles } from '../../engine/server/tar-files.ts';
import { PlatformError } from '../../shared/errors.ts';
import { dockerfilePath, type ContextFile } from './build-context.ts';
import { buildArguments } from './machine-settings.ts';

/** Where the build container finds this machine's certificates. */
export const certificatesPath = '/run/proofground/ca-certificates.crt';

const tailLines = 40;
/** The longest build takes five minutes on two idle cores; this allows for a machine that is twelve times slower. */
const buildTimeoutMs = 60 * 60_000;
const attempts = 3;
/** What a registry or a name server that is busy for a moment makes a build say. */
const passingFault =
  /i\/o timeout|TLS handshake timeout|connection (reset|refused|timed out)|Temporary failure|EAI_AGAIN|ETIMEDOUT|ECONNRESET|socket hang up|unexpected EOF|\b50[234]\b/i;

/** One build. */
export interface DockerfileBuild {
  readonly docker: DockerClient;
  /** Running container with docker, buildx, the engine's socket and the certificates. */
  readonly container: string;
  readonly tag: string;
  readonly context: readonly ContextFile[];
  /** Build argument to value. */
  readonly images: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

/** Builds and tags one image; a build that fails for a passing fault of the network is tried again. */
export async function buildWithDockerfile(build: DockerfileBuild): Promise<void> {
  const archive = await packFiles(build.context.map(toFile));
  for (let attempt = 1; ; attempt += 1) {
    const { exitCode, tail } = await runBuildx(build, archive);
    if (exitCode === 0) return;
    const log = tail.join('\n');
    if (attempt < attempts && passingFault.test(log)) continue;
    throw new PlatformError('image-build-failed', `Building ${build.tag} failed (status ${exitCode}); the end of its log:\n${log}`);
  }
}

async function runBuildx(
  { docker, container, tag, images, onLine }: DockerfileBuild,
  archive: Buffer,
): Promise<{ exitCode: number; tail: string[] }> {
  const tail: string[] = [];
  const takeLine = (line: string): void => {
    const text = line.trimEnd();
    if (text === '') return;
    tail.push(text);
    if (tail.length > tailLines) tail.shift();
    onLine(text);
  };
  const running = await docker.openExec(container, { command: buildxCommand(tag, { ...buildArguments(), ...images }) });
  const timer = setTimeout(() => running.close(), buildTimeoutMs);
  try {
    readLines(running.output, takeLine);
    readLines(running.errors, takeLine);
    // A build that ends before it has read its context closes the stream; its status says why.
    running.input.on('error', () => undefined);
    running.input.end(archive);
    return { exitCode: await running.exit, tail };
  } finally {
    clearTimeout(timer);
  }
}

function buildxCommand(tag: string, buildArgs: Record<string, string>): string[] {
  return [
    'docker',
    'buildx',
    'build',
    '--progress=plain',
    // An image of a platform, not an index with a statement about its build.
    '--provenance=false',
    `--tag=${tag}`,
    `--file=${dockerfilePath}`,
    `--secret=id=ca,src=${certificatesPath}`,
    ...Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`),
    '-',
  ];
}

function toFile(file: ContextFile): FileToPut {
  return { path: `/${file.path}`, contents: file.contents, mode: file.executable ? 0o755 : 0o644 };
}
