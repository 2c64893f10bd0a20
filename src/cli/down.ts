import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { removeAbandonedBuilds } from '../engine/server/build-owner.ts';
import { readConfig, type PlatformConfig } from '../platform/server/config.ts';
import { findInstance, findServer } from '../platform/server/data-directory.ts';
import { openEmbeddedEngine, reachEngines, type ReachedEngine } from '../platform/server/reach-engines.ts';
import { countOf, instanceObjects, removeInstance } from '../platform/server/remove-instance.ts';
import { toPlatformError } from '../shared/errors.ts';

const help = `Removes what an instance of Proofground has made: its server, containers, networks and volumes,
and the embedded engine when no other instance uses it. Caches and the data directory are kept.

  npm run down                    remove; the next \`npm start\` is quick
  npm run down -- --purge         remove caches, images and the data directory as well
  npm run down -- --purge --yes   without asking
`;

/** A server that is told to stop closes its connections and its database, which takes a moment. */
const serverStopMs = 15_000;

try {
  const { values } = parseArgs({ options: { purge: { type: 'boolean' }, yes: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) process.stdout.write(help);
  else process.exitCode = await down(readConfig(process.env), { purge: values.purge === true, yes: values.yes === true });
} catch (error) {
  const { message, fix } = toPlatformError(error);
  process.stderr.write(`x ${message}\n  ${fix}\n`);
  process.exitCode = 1;
}

async function down(config: PlatformConfig, { purge, yes }: { purge: boolean; yes: boolean }): Promise<number> {
  if (purge && !yes && !(await confirmPurge(config))) return 2;
  await stopServer(config);
  const instance = await findInstance(config.dataDirectory);
  if (instance === undefined) say(`- ${config.dataDirectory} holds no instance`);
  else await removeFromEngines(config, instance);
  const stopped = await stopEmbeddedEngine(config);
  if (purge) return purgeAll(config, stopped);
  say('Nothing is left but caches and data. `npm start` begins again; `npm run down -- --purge` removes those too.');
  return 0;
}

async function stopServer(config: PlatformConfig): Promise<void> {
  const server = await findServer(config.dataDirectory);
  if (server === undefined || server.pid === 0) return;
  process.kill(server.pid, 'SIGTERM');
  const deadline = Date.now() + serverStopMs;
  while ((await findServer(config.dataDirectory)) !== undefined) {
    if (Date.now() > deadline) process.kill(server.pid, 'SIGKILL');
    await sleep(100);
  }
  say(`v stopped the server (process ${server.pid})`);
}

async function removeFromEngines(config: PlatformConfig, instance: string): Promise<void> {
  const running = await reachEngines(config);
  // What an engine that is stopped holds can only be removed by starting it.
  const embedded = running.some(({ kind }) => kind === 'embedded') ? undefined : await openEmbeddedEngine(config);
  const engines: Pick<ReachedEngine, 'docker' | 'dockerHost'>[] = embedded === undefined ? running : [...running, embedded];
  for (const { docker, dockerHost } of engines) {
    await removeAbandonedBuilds(docker);
    const removed = await removeInstance(docker, instance);
    const left = countOf(await instanceObjects(docker, instance));
    say(
      `${left === 0 ? 'v' : 'x'} removed ${removed} objects of instance ${instance} from ${dockerHost}${left === 0 ? '' : `, ${left} are left`}`,
    );
    if (left > 0) process.exitCode = 1;
  }
}

/** Whether the embedded engine is stopped now, or was never there. */
async function stopEmbeddedEngine(config: PlatformConfig): Promise<boolean> {
  const runs = (await reachEngines(config)).some(({ kind }) => kind === 'embedded');
  const engine = runs ? await openEmbeddedEngine(config) : undefined;
  if (engine === undefined) return true;
  const stopped = await engine.stop();
  say(stopped ? 'v stopped the embedded engine' : '- the embedded engine goes on: another instance uses it');
  return stopped;
}

async function purgeAll(config: PlatformConfig, engineStopped: boolean): Promise<number> {
  if (!engineStopped) {
    say('x The caches are kept, since another instance uses them; end that one first.');
    return 1;
  }
  for (const { docker, kind } of await reachEngines(config)) {
    if (kind === 'host') for (const tag of await docker.listImageTags('proofground/')) await docker.removeImage(tag);
  }
  for (const directory of [config.cacheDirectory, config.dataDirectory]) {
    if (!existsSync(directory)) continue;
    await rm(directory, { recursive: true, force: true });
    say(`v removed ${directory}`);
  }
  say('Nothing is left. `npm start` builds everything anew.');
  return 0;
}

async function confirmPurge(config: PlatformConfig): Promise<boolean> {
  const question = `Remove ${config.cacheDirectory} (engine, images) and ${config.dataDirectory} (accounts, keys, progress)? [y/N] `;
  if (!process.stdin.isTTY) {
    process.stderr.write(`${question}\nNobody can be asked here; repeat with --yes.\n`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(question);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
