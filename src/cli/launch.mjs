// Runs a script of this repository under Node 24 with the dependencies of the lockfile, bringing both when they are
// missing. Plain JavaScript, since it is what an older Node (18 or later) and an empty clone can run.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const nodePackage = join(root, 'node_modules', `node-${platform()}-${arch()}`);

installDependencies();
runUnderNode24(process.argv.slice(2));

function installDependencies() {
  if (dependenciesMatchLockfile()) return;
  process.stderr.write('Installing the dependencies of package-lock.json (once, about a minute) ...\n');
  const npm = process.env.npm_execpath === undefined ? ['npm'] : [process.execPath, process.env.npm_execpath];
  const [command, ...first] = npm;
  // Not `npm ci`: it refuses a lockfile without the optional binaries of platforms that the author's registry did not
  // serve. This takes every version and integrity from the lockfile too, and does not write to it.
  const result = spawnSync(command, [...first, 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status === 0) return;
  process.stderr.write(
    'The dependencies could not be installed. Check that the npm registry can be reached, then run the command again.\n',
  );
  process.exit(1);
}

function dependenciesMatchLockfile() {
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  );
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(join(root, lockfile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function runUnderNode24(scriptAndArguments) {
  const node = findNode24();
  const binaries = [dirname(node), join(root, 'node_modules', '.bin')];
  const child = spawn(node, scriptAndArguments.map(toAbsoluteScript), {
    stdio: 'inherit',
    env: { ...process.env, PATH: [...binaries, process.env.PATH ?? ''].join(delimiter) },
  });
  // A terminal sends Ctrl-C to the whole group; the script decides how to stop, so this process only waits for it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + 15));
}

function toAbsoluteScript(argument, index) {
  return index === 0 ? join(root, argument) : argument;
}

function findNode24() {
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath;
  const brought = join(nodePackage, 'bin', 'node');
  if (existsSync(brought)) return brought;
  process.stderr.write(
    `Node ${neededMajor} or later is needed and is not packaged for ${platform()} on ${arch()}. Install it, then run the command again.\n`,
  );
  process.exit(1);
}
