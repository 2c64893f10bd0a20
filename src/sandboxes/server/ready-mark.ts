import type { DockerClient } from '../../engine/server/docker-client.ts';

/** In the link, where the learner cannot write: says that the start went to its end. */
const readyMark = '/etc/proofground/ready';

export async function markReady(docker: DockerClient, link: string): Promise<void> {
  await docker.putFiles(link, [{ path: readyMark, contents: '' }]);
}

export async function isMarkedReady(docker: DockerClient, link: string): Promise<boolean> {
  return (await docker.readFile(link, readyMark, 16)).kind === 'file';
}
