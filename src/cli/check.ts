import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { styleText } from 'node:util';

/** One static check: its name, what it proves, and the command (binaries of node_modules are on the PATH). */
interface StaticCheck {
  readonly name: string;
  readonly command: readonly string[];
}

const staticChecks: readonly StaticCheck[] = [
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'lint', command: ['eslint', '--cache', '--cache-location', 'node_modules/.cache/eslint/', '--max-warnings', '0', '.'] },
  { name: 'imports', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'labs', 'test'] },
  { name: 'dead-code', command: ['knip'] },
  { name: 'astro', command: ['astro', 'check', '--tsconfig', 'src/tsconfig.astro.json'] },
  { name: 'format', command: ['prettier', '--check', '--cache', '--log-level', 'warn', '.'] },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !staticChecks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`There is no check named ${unknown.join(', ')}. The checks are: ${staticChecks.map((check) => check.name).join(', ')}.`);
  process.exit(2);
}
const failures = await runAll(staticChecks.filter((check) => wanted.length === 0 || wanted.includes(check.name)));
console.log(failures === 0 ? 'All checks passed.' : `${failures} of the checks failed; their output is above.`);
process.exit(failures === 0 ? 0 : 1);

/** Runs the checks side by side, as many as there are cores; returns how many failed. */
async function runAll(checks: readonly StaticCheck[]): Promise<number> {
  const waiting = [...checks];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      if (!(await runOne(check))) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return failed;
}

async function runOne({ name, command }: StaticCheck): Promise<boolean> {
  const startedAt = performance.now();
  const [binary = '', ...parameters] = command;
  const child = spawn(binary, parameters, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' } });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const exitCode = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const mark = exitCode === 0 ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
  console.log(`${mark} ${name.padEnd(10)} ${seconds.padStart(6)} s`);
  if (exitCode !== 0) process.stdout.write(Buffer.concat(output));
  return exitCode === 0;
}
