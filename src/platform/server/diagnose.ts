import { mkdir, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import type { DockerClient } from '../../engine/server/docker-client.ts';
import { kernelLimits, raiseKernelLimits } from '../../engine/server/kernel-limits.ts';
import { imageNames } from '../../images/server/image-plan.ts';
import { tagImages } from '../../images/server/image-tags.ts';
import { readVersions } from '../../images/server/versions.ts';
import { SessionStore } from '../../sessions/server/session-store.ts';
import { toPlatformError } from '../../shared/errors.ts';
import { openStore } from '../../store/server/store.ts';
import { AdminClient } from '../../trust/server/admin-client.ts';
import type { PlatformConfig } from './config.ts';
import { findInstance, findServer } from './data-directory.ts';
import { neededDiskBytes, neededMemoryBytes } from './machine-checks.ts';
import { reachEngines } from './reach-engines.ts';
import { instanceObjects, sandboxIdsOf, type InstanceObjects } from './remove-instance.ts';

/** One thing that was looked at. A `problem` keeps labs from working well; a `note` does not. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'note' | 'problem';
  readonly found: string;
  readonly fix?: string;
}

const gibibyte = 1024 ** 3;
/** Certificates live for ten minutes, so a clock that is off by one is felt. */
const clockToleranceMs = 30_000;

/** Looks at everything that labs depend on. Changes nothing. Never throws. */
export async function diagnose(config: PlatformConfig): Promise<Finding[]> {
  const looks = [lookAtNode, lookAtDisk, lookAtMemory, lookAtKernel, lookAtServer, lookAtDatabase];
  const findings = await Promise.all(looks.map((look) => guarded(look.name.replace('lookAt', '').toLowerCase(), () => look(config))));
  return [...findings.flat(), ...(await guarded('engine', () => lookAtEngine(config)))];
}

function lookAtNode(): Promise<Finding[]> {
  const good = Number(process.versions.node.split('.')[0]) >= 24;
  return one({
    name: 'node',
    state: good ? 'ok' : 'problem',
    found: process.versions.node,
    fix: 'Run the commands through npm, which brings Node 24.',
  });
}

async function lookAtDisk(config: PlatformConfig): Promise<Finding[]> {
  await mkdir(config.cacheDirectory, { recursive: true });
  const { bavail, bsize } = await statfs(config.cacheDirectory);
  const needed = neededDiskBytes(config);
  const found = `${toGib(bavail * bsize)} free in ${config.cacheDirectory}, ${toGib(needed)} needed`;
  return one({
    name: 'disk',
    state: bavail * bsize >= needed ? 'ok' : 'problem',
    found,
    fix: 'Free space, or set XDG_CACHE_HOME to a larger disk.',
  });
}

function lookAtMemory(): Promise<Finding[]> {
  const found = `${toGib(freemem())} of ${toGib(totalmem())} available, ${toGib(neededMemoryBytes)} needed for a lab`;
  return one({
    name: 'memory',
    state: freemem() >= neededMemoryBytes ? 'ok' : 'problem',
    found,
    fix: 'Stop other programs, or end running labs.',
  });
}

async function lookAtKernel(): Promise<Finding[]> {
  const states = await raiseKernelLimits(kernelLimits.map((limit) => ({ ...limit, wanted: 0 })));
  return states.map(({ name, now }): Finding => {
    const wanted = kernelLimits.find((limit) => limit.name === name)?.wanted ?? 0;
    const fix = `Run \`sysctl -w ${name}=${wanted}\` as root; \`npm start\` as root does it.`;
    return { name, state: now >= wanted ? 'ok' : 'note', found: `${now}, ${wanted} wanted for many labs at a time`, fix };
  });
}

async function lookAtServer(config: PlatformConfig): Promise<Finding[]> {
  const server = await findServer(config.dataDirectory);
  const found = server === undefined ? 'not running' : `process ${server.pid} serves ${server.address ?? 'nothing yet'}`;
  return one({ name: 'server', state: server === undefined ? 'note' : 'ok', found, fix: 'Start it with `npm start`.' });
}

async function lookAtDatabase(config: PlatformConfig): Promise<Finding[]> {
  if ((await findInstance(config.dataDirectory)) === undefined)
    return one({ name: 'data', state: 'note', found: `${config.dataDirectory} holds no instance yet` });
  const store = await openStore(join(config.dataDirectory, 'proofground.db'));
  const running = await new SessionStore(store).running();
  await store.destroy();
  return one({ name: 'data', state: 'ok', found: `${config.dataDirectory} is sound; ${running.length} sessions are running` });
}

async function lookAtEngine(config: PlatformConfig): Promise<Finding[]> {
  const instance = await findInstance(config.dataDirectory);
  const engines = await reachEngines(config);
  if (engines.length === 0)
    return one({
      name: 'engine',
      state: 'problem',
      found: 'no engine answers',
      fix: 'Run `npm start`, which starts one or says what is missing.',
    });
  const findings: Finding[] = [];
  for (const { docker, dockerHost, kind } of engines) {
    const info = await docker.info();
    findings.push({ name: 'engine', state: 'ok', found: `${kind}, Docker ${info.version}, cgroup v${info.cgroupVersion}, ${dockerHost}` });
    findings.push(...(await guarded('images', () => lookAtImages(docker))));
    if (instance !== undefined) findings.push(...(await guarded('instance', () => lookAtInstance(docker, instance, config))));
  }
  return findings;
}

async function lookAtImages(docker: DockerClient): Promise<Finding[]> {
  const tagged = await tagImages(imageNames, await readVersions());
  const wanted = [...tagged.values()].filter(({ name }) => (imageNames as readonly string[]).includes(name));
  const present = await Promise.all(wanted.map(({ tag }) => docker.inspectImage(tag)));
  const built = present.filter((image) => image !== undefined).length;
  return one({
    name: 'images',
    state: built === wanted.length ? 'ok' : 'note',
    found: `${built} of ${wanted.length} are built`,
    fix: '`npm start` builds what is missing.',
  });
}

async function lookAtInstance(docker: DockerClient, instance: string, config: PlatformConfig): Promise<Finding[]> {
  const objects = await instanceObjects(docker, instance);
  const everyone = await instanceObjects(docker, '');
  const others = everyone.containers.length - objects.containers.length;
  const owned = `${objects.containers.length} containers, ${objects.networks.length} networks, ${objects.volumes.length} volumes; ${others} containers of other instances`;
  const findings: Finding[] = [{ name: 'objects', state: 'ok', found: owned }, await lookForLeaks(objects, config)];
  if (!objects.containers.some(({ name }) => name === `pg-${instance}-trust`)) return findings;
  return [...findings, ...(await guarded('signing', () => lookAtTrust(docker, instance))), await lookAtClock(docker, instance)];
}

async function lookForLeaks(objects: InstanceObjects, config: PlatformConfig): Promise<Finding> {
  const store = await openStore(join(config.dataDirectory, 'proofground.db'));
  const known = new Set((await new SessionStore(store).running()).map(({ sandboxId }) => sandboxId));
  await store.destroy();
  const leaks = sandboxIdsOf(objects).filter((id) => !known.has(id));
  const found = leaks.length === 0 ? 'none' : `sandboxes without a session: ${leaks.join(', ')}`;
  return {
    name: 'leaks',
    state: leaks.length === 0 ? 'ok' : 'problem',
    found,
    fix: 'Restart the server, which removes them, or run `npm run down`.',
  };
}

async function lookAtTrust(docker: DockerClient, instance: string): Promise<Finding[]> {
  const admin = new AdminClient(docker, `pg-${instance}-trust`);
  try {
    const services = await admin.health();
    return services.map(({ name, ok, detail }): Finding => ({
      name: `signing: ${name}`,
      state: ok ? 'ok' : 'problem',
      found: ok ? 'answers' : (detail ?? 'does not answer'),
      fix: 'Restart the server; `npm run down` and `npm start` if it stays.',
    }));
  } finally {
    admin.close();
  }
}

async function lookAtClock(docker: DockerClient, instance: string): Promise<Finding> {
  const { stdout } = await docker.exec(`pg-${instance}-trust`, { command: ['date', '+%s'], timeoutMs: 10_000 });
  const offMs = Math.abs(Number(stdout.toString('utf8').trim()) * 1000 - Date.now());
  const found = `the engine's clock is ${(offMs / 1000).toFixed(0)} s off this machine's`;
  return {
    name: 'clock',
    state: offMs <= clockToleranceMs ? 'ok' : 'problem',
    found,
    fix: 'Set the clocks by NTP; certificates live for ten minutes.',
  };
}

async function guarded(name: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const { message, fix } = toPlatformError(error);
    return [{ name, state: 'problem', found: message, fix }];
  }
}

function one(finding: Finding): Promise<Finding[]> {
  return Promise.resolve([finding]);
}

function toGib(bytes: number): string {
  return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
