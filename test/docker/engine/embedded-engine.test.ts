import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { DockerClient } from '../../../src/engine/server/docker-client.ts';
import { attachOrStartEmbedded, stopEmbedded } from '../../../src/engine/server/embedded-engine.ts';
import { defaultCacheDirectory, enginePaths, type EnginePaths } from '../../../src/engine/server/engine-paths.ts';
import { probeEngine } from '../../../src/engine/server/probe-engine.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const run = promisify(execFile);
const sharedRoot = enginePaths(defaultCacheDirectory(process.env)).root;
const skip =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'needs root on Linux'
    : existsSync(sharedRoot)
      ? false
      : 'this machine has an engine of its own';
const quiet = (): void => undefined;

/** A container that sleeps, made of nothing but that program. */
async function startSleeper(docker: DockerClient): Promise<void> {
  const files = 'ls -d bin lib lib64 usr/bin/sleep usr/lib64 usr/lib/ld-linux* usr/lib/*/ld-linux* usr/lib/*/libc.so.6 2>/dev/null';
  const archive = spawn('sh', ['-c', `cd ${sharedRoot} && tar -c $(${files})`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await docker.importImage(archive.stdout, 'sleeper:test');
  await docker.runContainer({ name: 'sleeper', image: 'sleeper:test', labels: {}, command: ['sleep', '4321'] });
}

/** What of an engine is left on this machine, in words. */
async function leftovers(paths: EnginePaths): Promise<string[]> {
  const [links, mounts, processes, groups] = await Promise.all([
    run('ip', ['-o', 'link']),
    readFile('/proc/self/mounts', 'utf8'),
    run('ps', ['-eo', 'args']),
    run('find', ['/sys/fs/cgroup', '-type', 'd', '-name', paths.name]),
  ]);
  const found: string[] = [];
  if (links.stdout.includes(paths.name)) found.push('its network link');
  if (mounts.includes(paths.run) || mounts.includes(dirname(paths.root))) found.push('a mount');
  if (processes.stdout.includes(paths.run) || processes.stdout.split('\n').includes('sleep 4321')) found.push('a process');
  if (groups.stdout !== '') found.push('a control group');
  if (existsSync(paths.run)) found.push(paths.run);
  return found;
}

describe('the embedded engine', { skip }, () => {
  let paths: EnginePaths;
  let cacheDirectory: string;
  const resources = new AsyncDisposableStack();

  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    cacheDirectory = directory.path;
    paths = enginePaths(cacheDirectory);
    resources.defer(() => stopEmbedded(cacheDirectory));
    // Its own data, lock and network; only the programs are those of the shared one.
    await mkdir(dirname(paths.root), { recursive: true });
    await symlink(sharedRoot, paths.root);
  });
  after(() => resources.disposeAsync());

  it('is one engine for two that start it at the same time', async () => {
    const [one, other] = await Promise.all([attachOrStartEmbedded(cacheDirectory, quiet), attachOrStartEmbedded(cacheDirectory, quiet)]);
    assert.equal((await one.info()).id, (await other.info()).id);
    const probe = await probeEngine(one);
    assert.ok(probe.usable, JSON.stringify(probe));
  });

  it('is recovered after a crash, and the containers of before do not run on unseen', async () => {
    const before = await attachOrStartEmbedded(cacheDirectory, quiet);
    await startSleeper(before);
    process.kill(Number(await readFile(`${paths.run}/dockerd.pid`, 'utf8')), 'SIGKILL');
    const docker = await attachOrStartEmbedded(cacheDirectory, quiet);
    assert.equal((await docker.inspectContainer('sleeper'))?.state, 'exited');
    const { stdout } = await run('ps', ['-eo', 'args']);
    assert.ok(!stdout.split('\n').includes('sleep 4321'), 'the container of the crashed engine still runs');
  });

  it('is recovered when it holds its lock but does not answer', async () => {
    await attachOrStartEmbedded(cacheDirectory, quiet);
    const hung = await readFile(`${paths.run}/dockerd.pid`, 'utf8');
    process.kill(Number(hung), 'SIGSTOP');
    const docker = await attachOrStartEmbedded(cacheDirectory, quiet, 8000);
    assert.ok((await probeEngine(docker)).usable);
    assert.notEqual(await readFile(`${paths.run}/dockerd.pid`, 'utf8'), hung);
  });

  it('has a network of its own, from which nothing of it shows on this machine', async () => {
    await attachOrStartEmbedded(cacheDirectory, quiet);
    const pid = (await readFile(`${paths.run}/dockerd.pid`, 'utf8')).trim();
    const [own, engines] = await Promise.all([run('readlink', ['/proc/self/ns/net']), run('readlink', [`/proc/${pid}/ns/net`])]);
    assert.notEqual(engines.stdout, own.stdout);
    const { stdout } = await run('nsenter', ['--target', pid, '--net', 'ip', '-o', 'link']);
    assert.match(stdout, /docker0/);
  });

  it('leaves nothing when it is stopped, and stopping it again is fine', async () => {
    const docker = await attachOrStartEmbedded(cacheDirectory, quiet);
    await docker.startContainer('sleeper');
    assert.notDeepEqual(await leftovers(paths), []);
    await stopEmbedded(cacheDirectory);
    assert.deepEqual(await leftovers(paths), []);
    await stopEmbedded(cacheDirectory);
  });
});
